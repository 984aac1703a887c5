using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>The two ways to say how sparse.</summary>
internal static class PatternKeys
{
    public static RecipeKey Sparsity { get; } =
        new("sparsity", "The fraction of weights to prune, at least 0 and less than 1.", ValueSchema.Sparsity(), 0.7);

    public static RecipeKey Pattern { get; } =
        new(
            "pattern",
            "N:M sparsity: of each M consecutive weights of a row, N are kept.",
            ValueSchema.Pattern(),
            "2:4");

    /// <summary>The JSON schema of what has both; an artifact may also be left empty, which is no object.</summary>
    public static JsonObject Both
        => new() { ["type"] = "object", ["required"] = ValueSchema.Names([Sparsity.Name, Pattern.Name]) };
}
