namespace SparseLlm.Numerics;

/// <summary>How queries, keys and values are cut into sequences and heads, and what becomes of the scores.</summary>
/// <param name="Heads">Number of query heads.</param>
/// <param name="KeyValueHeads">Number of key-value heads; divides the query heads, of which consecutive ones share one
/// (Ainslie et al. 2023).</param>
/// <param name="SequenceLength">Tokens per sequence; divides the number of tokens.</param>
/// <param name="Window">A token sees itself and the window - 1 tokens before it; <see cref="int.MaxValue"/> for
/// all.</param>
/// <param name="Scale">Scores are q·k times this; 1 / √width in most models.</param>
/// <param name="Cap">Scores s become Cap tanh(s / Cap), as in Gemma 2; null leaves them.</param>
public sealed record AttentionShape(
    int Heads, int KeyValueHeads, int SequenceLength, int Window, float Scale, float? Cap = null);
