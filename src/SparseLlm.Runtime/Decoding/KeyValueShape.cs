namespace SparseLlm.Runtime.Decoding;

/// <summary>How large the cache of one attention block is, for one sequence.</summary>
/// <param name="Heads">Key-value heads.</param>
/// <param name="Width">Channels per head.</param>
/// <param name="Window">How many tokens, itself included, a token can see.</param>
/// <param name="Capacity">Tokens that there is room for.</param>
internal sealed record KeyValueShape(int Heads, int Width, int Window, int Capacity)
{
    /// <summary>
    /// A cache for sequences up to a length. Behind a window there is room for the tokens of a step, and for a share of
    /// the window, so that what is still seen is not moved to the beginning with every token.
    /// </summary>
    public static KeyValueShape For(int heads, int width, int window, int contextLength, int stepTokens) =>
        new(heads, width, window, (int)Math.Min(contextLength, (long)window + Math.Max(stepTokens, window / 4)));

    /// <summary>Bytes of keys and values.</summary>
    public long Bytes => 2L * sizeof(float) * Heads * Capacity * Width;
}
