using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pruning.Settings;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads the keys that artifacts and <c>defaults</c> have in common.</summary>
internal sealed class DraftReader(ReadingContext context, PatternReader patterns, GateReader gates)
{
    private readonly RuleReader rules = new(context, patterns);
    private readonly ExportReader exports = new(context);

    /// <summary>What a section says.</summary>
    public ArtifactDraft Read(Section section)
    {
        section.AllowOne(PatternKeys.Sparsity, PatternKeys.Pattern);
        return new ArtifactDraft
        {
            Method = section.Find(ArtifactKeys.Method) is { } method ? Method(method) : null,
            Preset = section.Find(ArtifactKeys.Preset) is { } preset ? Preset(preset) : null,
            Pattern = patterns.Read(section),
            Settings = section.Entry(ArtifactKeys.Settings) is { } settings ? Settings(settings) : [],
            Rules = section.Entry(ArtifactKeys.Rules) is { } list ? rules.Read(list) : null,
            ExpertsKept = section.Entry(ArtifactKeys.Experts) is { } experts ? ExpertsKept(experts) : null,
            Quantization = section.Entry(ArtifactKeys.Quantization) is { } codes ? Quantization(codes) : null,
            Gates = section.Entry(ArtifactKeys.Gates) is { } limits ? gates.Read(limits) : null,
            Encoding = section.Find(ExportKeys.Encoding) is { } encoding ? Encoding(encoding) : null,
            HasGguf = section.Entry(ExportKeys.Format) is { } format ? exports.HasGguf(format) : null,
            Types = section.Entry(ExportKeys.Type) is { } types ? exports.Types(types) : null,
        };
    }

    /// <summary>A method by name.</summary>
    public PruningMethod? Method(YamlNode node) =>
        context.Scalars.Choice(ArtifactKeys.Method, node) is { } name ? EnumNames.Parse<PruningMethod>(name) : null;

    /// <summary>A preset by name.</summary>
    public PresetChoice? Preset(YamlNode node) =>
        context.Scalars.Choice(ArtifactKeys.Preset, node) is { } name
            && Pruning.Settings.Preset.Find(name) is { } preset
                ? new PresetChoice(preset, node.Location)
                : null;

    private CheckpointEncoding? Encoding(YamlNode node) =>
        context.Scalars.Choice(ExportKeys.Encoding, node) is { } name
            ? EnumNames.Parse<CheckpointEncoding>(name)
            : null;

    private IReadOnlyList<SettingChoice> Settings(YamlEntry entry)
    {
        if (context.OpenOrEmpty(entry, SettingKeys.All) is not { } section)
        {
            return [];
        }

        var choices = new List<SettingChoice>();
        foreach (Setting setting in Setting.All)
        {
            if (section.Entry(SettingKeys.All[setting.Name]) is { } value && Value(setting, value.Value) is { } valid)
            {
                choices.Add(new SettingChoice(valid, value.Key.Location));
            }
        }

        return choices;
    }

    private double? ExpertsKept(YamlEntry entry)
    {
        if (context.Open(entry, ExpertKeys.All)?.Find(ExpertKeys.Keep) is not { } node)
        {
            return null;
        }

        if (context.Scalars.Number(ExpertKeys.Keep.Name, node) is not { } share)
        {
            return null;
        }

        if (share is > 0 and <= 1)
        {
            return share;
        }

        context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location, FormattableString.Invariant(
            $"'{ExpertKeys.Keep.Name}' must be above 0 and at most 1, found {share}; 0.5 keeps half of the experts"));
        return null;
    }

    private Quantization? Quantization(YamlEntry entry)
    {
        if (context.Open(entry, QuantizationKeys.All) is not { } section)
        {
            return null;
        }

        string? bits = Chosen(QuantizationKeys.Bits, section.Require(QuantizationKeys.Bits));
        string? group = Chosen(QuantizationKeys.Group, section.Find(QuantizationKeys.Group));
        string? embeddings = Chosen(QuantizationKeys.Embeddings, section.Find(QuantizationKeys.Embeddings));
        RequireSymmetric(section.Find(QuantizationKeys.Symmetric));
        return bits is null ? null : Pruning.Settings.Quantization.Of(bits, group, embeddings);

        string? Chosen(RecipeKey key, YamlNode? node) => node is null ? null : context.Scalars.Choice(key, node);
    }

    /// <summary>Other tools ask the same of their users, and have a choice to offer.</summary>
    private void RequireSymmetric(YamlNode? node)
    {
        if (node is YamlScalar { Value: "false" })
        {
            context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
                "codes are always symmetric, on both sides of zero; write 'symmetric: true', or leave it out");
        }
        else if (node is not null)
        {
            context.Scalars.Choice(QuantizationKeys.Symmetric, node);
        }
    }

    private SettingValue? Value(Setting setting, YamlNode node)
    {
        string? text = setting.Choices.Count > 0
            ? context.Scalars.Choice(setting.Name, node, setting.Choices)
            : context.Scalars.Text(setting.Name, node);
        if (text is null)
        {
            return null;
        }

        if (setting.Parse(text) is { } value)
        {
            return value;
        }

        string hint = setting is BooleanSetting ? "" : ScalarReader.NumberHint(text);
        context.Diagnostics.Add(
            RecipeDiagnostics.InvalidValue,
            node.Location,
            $"'{setting.Name}' must be {setting.Expected}, found '{text}'{hint}");
        return null;
    }
}
