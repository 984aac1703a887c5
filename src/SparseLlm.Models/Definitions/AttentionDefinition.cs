namespace SparseLlm.Models.Definitions;

/// <summary>Causal self-attention.</summary>
/// <param name="Query">Hidden size to heads times width.</param>
/// <param name="Key">Hidden size to key-value heads times width.</param>
/// <param name="Value">Hidden size to key-value heads times width.</param>
/// <param name="Output">Heads times width to hidden size.</param>
/// <param name="Heads">Number of query heads.</param>
/// <param name="KeyValueHeads">Number of key-value heads; divides <paramref name="Heads"/>.</param>
/// <param name="HeadWidth">Channels per head.</param>
/// <param name="Rotary">Rotary position embedding, if the model has one.</param>
/// <param name="Window">How many tokens, itself included, a token can see.</param>
public sealed record AttentionDefinition(
    LinearDefinition Query,
    LinearDefinition Key,
    LinearDefinition Value,
    LinearDefinition Output,
    int Heads,
    int KeyValueHeads,
    int HeadWidth,
    RotaryDefinition? Rotary = null,
    int Window = int.MaxValue);
