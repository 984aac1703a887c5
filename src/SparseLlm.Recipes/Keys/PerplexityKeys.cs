namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of a perplexity.</summary>
internal static class PerplexityKeys
{
    public static KeyTable All { get; } = new(TextKeys.Text, TextKeys.Field, TextKeys.SequenceLength);
}
