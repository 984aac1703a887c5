using System.Globalization;

namespace SparseLlm.Pruning.Settings;

/// <summary>
/// A method setting as a user names it: under <c>settings:</c> in a recipe and in <c>--set name=value</c>. The recipe
/// reader, the command line and the schema all work from <see cref="All"/>.
/// </summary>
public sealed record Setting
{
    private readonly Func<PruningSettings, object?> get;
    private readonly Func<PruningSettings, string, PruningSettings?> with;

    private Setting(
        string name, string description, Func<PruningSettings, object?> get, Func<PruningSettings, string,
        PruningSettings?> with)
    {
        Name = name;
        Description = description;
        this.get = get;
        this.with = with;
    }

    /// <summary>The name, in camel case.</summary>
    public string Name { get; }

    /// <summary>What it does, in a sentence.</summary>
    public string Description { get; }

    /// <summary>The values it takes, if they are names.</summary>
    public IReadOnlyList<string> Choices { get; private init; } = [];

    /// <summary>The least value, if it is a number.</summary>
    public double? Minimum { get; private init; }

    /// <summary>The greatest value, if it is a number.</summary>
    public double? Maximum { get; private init; }

    /// <summary>Whether it is a whole number.</summary>
    public bool IsInteger { get; private init; }

    /// <summary>Whether it is true or false.</summary>
    public bool IsBoolean { get; private init; }

    /// <summary>Whether it decides the defaults of other settings, and so has to be applied before them.</summary>
    public bool ChangesDefaults { get; private init; }

    /// <summary>What a valid value looks like, to end an error message with.</summary>
    public string Expected => this switch
    {
        { Choices.Count: > 0 } => "one of " + string.Join(", ", Choices),
        { IsBoolean: true } => "true or false",
        _ => FormattableString.Invariant($"{(IsInteger ? "a whole number" : "a number")} from {Minimum} to {Maximum}"),
    };

    /// <summary>All settings.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Choice<PruningMethod>("solver", "The solver for each matrix's subproblem inside sparsellm.",
            [PruningMethod.SparseGpt, PruningMethod.Admm, PruningMethod.Alps], s => s
                .Solver, (s, v) => s with { Solver = v }),
        Choice<TargetKind>(
            "targets",
            "Fit each matrix to its own dense outputs (own) or to the dense model's activations (dense).",
            Enum.GetValues<TargetKind>(),
            s => s.Targets,
            (s, v) => s with { Targets = v }),
        Choice<SparseLlmVariant>(
            "variant",
            "The form of sparsellm: coordinated (two activation streams) or paper (the published schedule).",
            Enum.GetValues<SparseLlmVariant>(),
            s => s.Variant,
            (s, v) => s.WithVariant(v)) with { ChangesDefaults = true },
        Boolean(
            "sequential",
            "Take the inputs of each matrix after the matrices before it in the layer are pruned.",
            s => s.Sequential,
            (s, v) => s with { Sequential = v }),
        Number(
            "damping",
            "Added to the diagonal of each Gram matrix, as a share of its mean.",
            0,
            1,
            s => s.Damping,
            (s, v) => s with { Damping = v }),
        Choice<ComparisonGroup>(
            "comparison",
            "Among which weights wanda's scores compete: the matrix, or each output row as published.",
            Enum.GetValues<ComparisonGroup>(),
            s => s.Comparison,
            (s, v) => s with { Comparison = v }),
        Integer(
            "blockSize",
            "Columns per block of the OBS sweep.",
            1,
            1 << 20,
            s => s.BlockSize,
            (s, v) => s with { BlockSize = v }),
        Integer(
            "refitSteps",
            "Conjugate gradient steps that refit the kept weights; 0 for none.",
            0,
            1000,
            s => s.RefitSteps,
            (s, v) => s with { RefitSteps = v }),
        Boolean(
            "rowImportance",
            "Give more of the weight budget to rows that the model depends on more.",
            s => s.RowImportance,
            (s, v) => s with { RowImportance = v }),
        Boolean(
            "biasRefit",
            "Fit biases along with the weights.",
            s => s.BiasRefit,
            (s, v) => s with { BiasRefit = v }),
        Choice<AllocationKind>("allocation", "Spread the weight budget evenly (uniform), by outliers of each decoder "
            + "layer (owl), or by measured errors (error).",
            Enum.GetValues<AllocationKind>(), s => s.Allocation, (s, v) => s with { Allocation = v }),
        Integer(
            "sweeps",
            "Sweeps over the auxiliary variables of each MLP.",
            0,
            100,
            s => s.Sweeps,
            (s, v) => s with { Sweeps = v }),
        Optional(
            "alpha",
            "Penalty of the pre-activations in a sweep; as published unless given.",
            s => s.Alpha,
            (s, v) => s with { Alpha = v }),
        Optional(
            "beta",
            "Penalty of the output in a sweep; as published unless given.",
            s => s.Beta,
            (s, v) => s with { Beta = v }),
        Optional(
            "gamma",
            "Penalty of the hidden activations in a sweep; as published unless given.",
            s => s.Gamma,
            (s, v) => s with { Gamma = v }),
        Integer("tuningEpochs", "Passes over the calibration windows that tune each pruned layer towards the dense "
            + "layer's outputs; 0 for none.", 0, 1000, s => s.TuningEpochs, (s, v) => s with { TuningEpochs = v }),
        Number(
            "tuningRate",
            "The highest learning rate of tuning; distillation starts from half of it.",
            0,
            1,
            s => s.TuningRate,
            (s, v) => s with { TuningRate = v }),
        Integer(
            "distillationEpochs",
            "Passes that tune the last layer and the final norm towards the dense model's predictions; 0 for none.",
            0,
            1000,
            s => s.DistillationEpochs,
            (s, v) => s with { DistillationEpochs = v }),
        Boolean("guard", "Hold back a sixteenth of the calibration windows, and keep what SparseGPT leaves of a layer, "
            + "or the layer before tuning, where that does better on them.", s => s.Guard, (s, v)
                => s with { Guard = v }),
    ];

    /// <summary>The setting of that name, or null.</summary>
    public static Setting? Find(string name) => All.FirstOrDefault(setting => setting.Name == name);

    /// <summary>The settings with this one changed, or null if the value is not valid (see
    /// <see cref="Expected"/>).</summary>
    public PruningSettings? With(PruningSettings settings, string value) => with(settings, value);

    /// <summary>Settings with choices applied, each of which must be valid: first what decides the defaults of others,
    /// then the rest in order.</summary>
    public static PruningSettings Apply(
        PruningSettings settings,
        IEnumerable<(Setting Setting, string Value)> choices) =>
        choices
            .OrderByDescending(choice => choice.Setting.ChangesDefaults)
            .Aggregate(settings, (current, choice) => choice.Setting.With(current, choice.Value)
                ?? throw new ArgumentException(
                    $"{choice.Setting.Name} takes {choice.Setting.Expected}",
                    nameof(choices)));

    /// <summary>The value in some settings, as a user would write it; null for one that was not given and depends on
    /// the model.</summary>
    public string? Value(PruningSettings settings) => get(settings) switch
    {
        null => null,
        IFormattable number and not Enum => number.ToString(null, CultureInfo.InvariantCulture),
        object other => other.ToString()!.ToLowerInvariant(),
    };

    /// <summary>Every setting that has a value by name, as a user would write it.</summary>
    public static IReadOnlyDictionary<string, string> Describe(PruningSettings settings) =>
        All.Where(setting => setting.Value(settings) is not null)
            .ToDictionary(setting => setting.Name, setting => setting.Value(settings)!);

    private static Setting Choice<T>(
        string name,
        string description,
        IReadOnlyList<T> choices,
        Func<PruningSettings, T> get,
        Func<PruningSettings, T, PruningSettings> with)
        where T : struct, Enum
    {
        var byName = choices.ToDictionary(choice => choice.ToString()!.ToLowerInvariant());
        return new Setting(
            name,
            description,
            settings => get(settings),
            (settings, text) => byName.TryGetValue(text, out T value) ? with(settings, value) : null)
        {
            Choices = [.. byName.Keys],
        };
    }

    private static Setting Number(
        string name,
        string description,
        double minimum,
        double maximum,
        Func<PruningSettings, double> get,
        Func<PruningSettings, double, PruningSettings> with) =>
        new(name, description, settings => get(settings), (settings, text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && value >= minimum
                && value <= maximum
                ? with(settings, value)
                : null)
        {
            Minimum = minimum,
            Maximum = maximum,
        };

    private static Setting Optional(
        string name,
        string description,
        Func<PruningSettings, double?> get,
        Func<PruningSettings, double, PruningSettings> with)
    {
        const double least = 0.001;
        const double greatest = 1000;
        return new Setting(
            name,
            description,
            settings => get(settings),
            Number(name, description, least, greatest, _ => least, with).With)
        {
            Minimum = least,
            Maximum = greatest,
        };
    }

    private static Setting Integer(
        string name,
        string description,
        int minimum,
        int maximum,
        Func<PruningSettings, int> get,
        Func<PruningSettings, int, PruningSettings> with) =>
        new(name, description, settings => get(settings), (settings, text) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                && value >= minimum
                && value <= maximum
                ? with(settings, value)
                : null)
        {
            Minimum = minimum,
            Maximum = maximum,
            IsInteger = true,
        };

    private static Setting Boolean(
        string name,
        string description,
        Func<PruningSettings, bool> get,
        Func<PruningSettings, bool, PruningSettings> with) =>
        new(
            name,
            description,
            settings => get(settings),
            (settings, text) => text is "true" or "false" ? with(settings, text == "true") : null)
        {
            IsBoolean = true,
        };
}
