using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>experts</c>.</summary>
internal static class ExpertKeys
{
    public static RecipeKey Keep { get; } = new(
        "keep",
        "The share of the experts of each mixture that is kept, above 0 and up to 1. Those that matter least on the "
        + "calibration data are dropped before anything is pruned.",
        Share(),
        0.5)
    {
        IsRequired = true,
    };

    public static KeyTable All { get; } = new(Keep);

    private static JsonObject Share()
    {
        JsonObject schema = ValueSchema.Number("number", maximum: 1);
        schema["exclusiveMinimum"] = 0;
        schema["maximum"] = 1;
        return schema;
    }
}
