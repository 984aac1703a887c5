using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of a gate.</summary>
internal static class GateKeys
{
    public static RecipeKey MaxIncrease { get; } = new(
        "maxIncrease",
        "The largest increase of the perplexity relative to the dense model, in percent or as a fraction.",
        new JsonObject
        {
            ["type"] = ValueSchema.Names(["string", "number"]),
            ["minimum"] = 0,
            ["pattern"] = @"^[0-9]*\.?[0-9]+%?$|" + Interpolation.Syntax,
        },
        "25%");

    public static RecipeKey Max { get; } =
        RecipeKey.Number("max", "The largest perplexity.", 70, minimum: 1);

    public static RecipeKey Severity { get; } = RecipeKey.Choice(
        "severity",
        "Whether a miss is an error, which fails the build, or a warning, which every build repeats.",
        [EnumNames.Of(Diagnostics.Severity.Error), EnumNames.Of(Diagnostics.Severity.Warning)],
        "warning") with
    { Default = "error" };

    public static KeyTable All { get; } = new(MaxIncrease, Max, Severity)
    {
        Constraints = new JsonObject { ["anyOf"] = new JsonArray(Required(MaxIncrease), Required(Max)) },
    };

    private static JsonObject Required(RecipeKey key) => new() { ["required"] = ValueSchema.Names([key.Name]) };
}
