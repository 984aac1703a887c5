using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>evaluation</c>.</summary>
internal static class EvaluationKeys
{
    public static RecipeKey Perplexity { get; } = new(
        "perplexity",
        "Texts to measure perplexity on, by a name of your choice: a path, or a mapping with text or dataset and how "
        + "it is read.",
        ValueSchema.MappingOf(
            new JsonObject { ["anyOf"] = new JsonArray(ValueSchema.Text(), PerplexityKeys.All.ToSchema()) }),
        new JsonObject { ["prose"] = "data/eval.txt" });

    public static KeyTable All { get; } = new(Perplexity);
}
