using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of a rule.</summary>
internal static class RuleKeys
{
    public static RecipeKey Match { get; } =
        RecipeKey.Text("match", "A glob over tensor names: * for any run of characters, ? for one. A part of a fused "
            + "tensor is named in brackets, as in *.c_attn.weight[q].", "*.out_proj.weight") with
        { IsRequired = true };

    public static RecipeKey Keep { get; } = new(
        "keep",
        "true: leave the tensor dense.",
        new JsonObject { ["enum"] = new JsonArray(true) },
        true);

    public static KeyTable All { get; } = new(Match, PatternKeys.Sparsity, PatternKeys.Pattern, Keep)
    {
        Constraints = new JsonObject
        {
            ["oneOf"] = new JsonArray(Needs(PatternKeys.Sparsity), Needs(PatternKeys.Pattern), Needs(Keep)),
        },
    };

    private static JsonObject Needs(RecipeKey key) => new() { ["required"] = ValueSchema.Names([key.Name]) };
}
