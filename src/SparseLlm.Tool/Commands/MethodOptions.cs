using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Tool.Commands;

/// <summary>How a command is told the method of a prune, and the settings of that.</summary>
internal sealed class MethodOptions
{
    private static readonly IReadOnlyList<string> SettingNames = [.. Setting.All.Select(setting => setting.Name)];

    private readonly Option<string> method = new("--method")
    {
        Description = "The pruning method.",
        DefaultValueFactory = _ => "sparsellm"
    };
    private readonly Option<string?> preset = new("--preset")
    {
        Description = "How much time to give sparsellm for how much quality."
    };
    private readonly Option<string[]> set = new("--set")
    {
        Description = "A method setting, name=value. May be given once for each of: "
            + $"{string.Join(", ", SettingNames)}."
    };

    public MethodOptions()
    {
        method.AcceptOnly([.. Enum.GetNames<PruningMethod>().Select(name => name.ToLowerInvariant())]);
        preset.AcceptOnly([.. Preset.All.Select(known => known.Name)]);
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command) => command.Add(method, preset, set);

    /// <summary>The settings that the command line asks for.</summary>
    /// <exception cref="DiagnosticException">It asks for something that is not, or that has no effect.</exception>
    public PruningSettings Settings(ParseResult arguments)
    {
        var chosen = Enum.Parse<PruningMethod>(arguments.GetRequiredValue(method), ignoreCase: true);
        Preset? named = arguments.GetValue(preset) is { } name ? Preset.Find(name) : null;
        if (named is not null && chosen != PruningMethod.SparseLlm)
        {
            throw Invalid($"--preset {named.Name} has no effect on {arguments.GetRequiredValue(method)}, only on "
                + "sparsellm; leave it out");
        }

        SettingValue[] values = [.. (arguments.GetValue(set) ?? []).Select(Parse)];
        PruningSettings settings = Setting.Apply(PruningSettings.For(chosen, named), values);
        RequireEachOnce(values);
        RequireEffect(values, settings);
        return settings;
    }

    private static SettingValue Parse(string assignment)
    {
        string[] parts = assignment.Split('=', 2);
        Setting setting = Setting.Find(parts[0]) ?? throw Invalid(
            $"--set {assignment}: there is no setting '{parts[0]}'; {Nearest.Suggest(parts[0], SettingNames)}");
        return (parts.Length == 2 ? setting.Parse(parts[1]) : null)
            ?? throw Invalid($"--set {assignment}: {setting.Name} takes {setting.Expected}");
    }

    private static void RequireEachOnce(IEnumerable<SettingValue> values)
    {
        if (values.GroupBy(value => value.Setting).FirstOrDefault(same => same.Count() > 1) is { } same)
        {
            throw Invalid($"--set gives '{same.Key.Name}' more than once: "
                + $"{string.Join(", ", same.Select(value => value.Text))}; keep one");
        }
    }

    private static void RequireEffect(IEnumerable<SettingValue> values, PruningSettings settings)
    {
        if (values.FirstOrDefault(value => !value.Setting.HasEffectOn(settings)) is { } idle)
        {
            throw Invalid($"--set {idle.Setting.Name}={idle.Text}: "
                + $"{idle.Setting.NoEffectOn([settings.Method])}; leave it out");
        }
    }

    private static DiagnosticException Invalid(string message) => ToolDiagnostics.InvalidOption.Error(null, message);
}
