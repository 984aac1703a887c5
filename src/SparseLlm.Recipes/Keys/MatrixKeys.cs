using System.Text.Json.Nodes;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>matrix</c>: an artifact's own keys, with lists of values.</summary>
internal static class MatrixKeys
{
    public static RecipeKey Method { get; } =
        Axis("method", "The methods.", ValueSchema.Choice(EnumNames.Of<PruningMethod>()), "wanda", "sparsellm");

    public static RecipeKey Preset { get; } =
        Axis(
            "preset",
            "The presets.",
            ValueSchema.Choice(Pruning.Settings.Preset.All.Select(preset => preset.Name)),
            "fast",
            "balanced");

    public static RecipeKey Sparsity { get; } =
        Axis("sparsity", "The fractions of weights to prune.", ValueSchema.Sparsity(), 0.5, 0.7);

    public static RecipeKey Pattern { get; } =
        Axis("pattern", "The N:M patterns.", ValueSchema.Pattern(), "2:4", "4:8");

    public static KeyTable All { get; } = new(Method, Preset, Sparsity, Pattern)
    {
        Constraints = new JsonObject { ["minProperties"] = 1, ["not"] = PatternKeys.Both },
    };

    private static RecipeKey Axis(string name, string purpose, JsonObject item, params JsonNode[] example) =>
        new(name, purpose, ValueSchema.List(item), new JsonArray(example));
}
