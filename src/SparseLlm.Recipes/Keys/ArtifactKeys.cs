using System.Text.Json.Nodes;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of an artifact and of <c>defaults</c>.</summary>
internal static class ArtifactKeys
{
    private static readonly PruningSettings Standard = new();

    public static RecipeKey Method { get; } =
        RecipeKey.Choice(
            "method",
            "The pruning method.",
            EnumNames.Of<PruningMethod>(),
            "wanda") with
        { Default = EnumNames.Of(Standard.Method) };

    public static RecipeKey Preset { get; } = RecipeKey.Choice(
        "preset",
        "Settings of sparsellm by one name, how much time for how much quality. " +
            string.Join(" ", Pruning.Settings.Preset.All.Select(preset => $"{preset.Name}: {preset.Description}")),
        [.. Pruning.Settings.Preset.All.Select(preset => preset.Name)],
        "fast") with
    {
        Default = Pruning.Settings.Preset.Of(Standard)?.Name,
    };

    public static RecipeKey Settings { get; } = new(
        "settings",
        "Settings of the method, applied after the preset. An artifact's are added to those of 'defaults'.",
        ValueSchema.OrNothing(SettingKeys.All.ToSchema()),
        new JsonObject { ["damping"] = 0.02 });

    public static RecipeKey Rules { get; } = new(
        "rules",
        "Exceptions by tensor name; the first match wins. An artifact's replace those of 'defaults'.",
        new JsonObject { ["type"] = "array", ["items"] = RuleKeys.All.ToSchema() },
        new JsonArray(new JsonObject { ["match"] = "*.out_proj.weight", ["keep"] = true }));

    public static RecipeKey Gates { get; } = new(
        "gates",
        "Limits by the name of a perplexity, and one on the size; a miss is a build error, or a warning where the gate "
        + "says so. An artifact's replace those of 'defaults'.",
        ValueSchema.OrNothing(GatesSchema()),
        new JsonObject { ["prose"] = new JsonObject { ["maxIncrease"] = "25%" }, [SizeGateKeys.MaxSize.Name] = "45%" });

    public static RecipeKey Experts { get; } = new(
        "experts",
        "How to treat the experts of a mixture.",
        ExpertKeys.All.ToSchema(),
        new JsonObject { ["keep"] = 0.5 });

    public static RecipeKey Quantization { get; } = new(
        "quantization",
        "Make the weights that are kept codes of a few bits, found together with the pruned weights. Packed models "
            + "(encoding: sparse) and GGUF files store them as such.",
        QuantizationKeys.All.ToSchema(),
        new JsonObject { ["bits"] = 4, ["group"] = 64 });

    public static RecipeKey Matrix { get; } = new(
        "matrix",
        "One artifact per combination of the values listed, named after them, as in sweep-wanda-0.5.",
        MatrixKeys.All.ToSchema(),
        new JsonObject { ["method"] = new JsonArray("wanda", "sparsellm"), ["sparsity"] = new JsonArray(0.5, 0.6) });

    private static JsonObject GatesSchema()
    {
        JsonObject schema = ValueSchema.MappingOf(GateKeys.All.ToSchema());
        schema["properties"] = new KeyTable(SizeGateKeys.MaxSize).ToSchema()["properties"]!.DeepClone();
        return schema;
    }

    /// <summary>The keys of <c>defaults</c>.</summary>
    public static KeyTable Defaults { get; } = new(
        Method,
        Preset,
        PatternKeys.Sparsity,
        PatternKeys.Pattern,
        Settings,
        Rules,
        Experts,
        Quantization,
        Gates,
        ExportKeys.Encoding,
        ExportKeys.Format,
        ExportKeys.Type)
    {
        Constraints = new JsonObject { ["not"] = PatternKeys.Both },
    };

    /// <summary>The keys of an artifact.</summary>
    public static KeyTable All { get; } = new(
        Method,
        Preset,
        PatternKeys.Sparsity,
        PatternKeys.Pattern,
        Settings,
        Rules,
        Experts,
        Quantization,
        Gates,
        ExportKeys.Encoding,
        ExportKeys.Format,
        ExportKeys.Type,
        Matrix)
    {
        Constraints = new JsonObject { ["not"] = PatternKeys.Both },
    };
}
