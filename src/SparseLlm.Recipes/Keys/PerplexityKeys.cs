namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of a perplexity.</summary>
internal static class PerplexityKeys
{
    public static RecipeKey Windows { get; } =
        RecipeKey.Integer(
            "windows",
            "How many windows are measured, from the first one on. If left out, as many as the text has.",
            256,
            minimum: 1);

    public static KeyTable All { get; } = new(
        TextKeys.Text, TextKeys.DataSet, TextKeys.Field, TextKeys.Chat, TextKeys.Join, TextKeys.Records,
            TextKeys.SequenceLength, Windows)
    {
        Constraints = TextKeys.Constraints,
    };
}
