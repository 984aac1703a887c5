namespace SparseLlm.Models.Definitions;

/// <summary>Causal self-attention.</summary>
/// <param name="Query">Hidden size to heads times width.</param>
/// <param name="Key">Hidden size to key-value heads times width.</param>
/// <param name="Value">Hidden size to key-value heads times width.</param>
/// <param name="Output">Heads times width to hidden size.</param>
/// <param name="Heads">Number of query heads.</param>
/// <param name="KeyValueHeads">Number of key-value heads; divides <paramref name="Heads"/>.</param>
/// <param name="HeadWidth">Channels per head.</param>
public sealed record AttentionDefinition(
    LinearDefinition Query,
    LinearDefinition Key,
    LinearDefinition Value,
    LinearDefinition Output,
    int Heads,
    int KeyValueHeads,
    int HeadWidth) : MixerDefinition
{
    /// <summary>The factor of the scores q·k.</summary>
    public float Scale { get; init; } = (float)(1 / Math.Sqrt(HeadWidth));

    /// <summary>Rotary position embedding, if the layer has one.</summary>
    public RotaryDefinition? Rotary { get; init; }

    /// <summary>How many tokens, itself included, a token can see.</summary>
    public int Window { get; init; } = int.MaxValue;

    /// <summary>The norm of the queries before they turn: of all their channels, or of each head's.</summary>
    public NormDefinition? QueryNorm { get; init; }

    /// <summary>The norm of the keys before they turn.</summary>
    public NormDefinition? KeyNorm { get; init; }

    /// <summary>Scores s become Cap tanh(s / Cap), where there is a cap (Gemma 2).</summary>
    public float? Cap { get; init; }

    /// <summary>A logit per head that takes part in the softmax and in no output, where there are some
    /// (gpt-oss).</summary>
    public TensorSlice? Sinks { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<LinearDefinition> Linears => [Query, Key, Value, Output];

    /// <inheritdoc/>
    public override IEnumerable<TensorShape> Tensors =>
        [.. base.Tensors, .. QueryNorm?.Tensors ?? [], .. KeyNorm?.Tensors ?? [], .. Sinks is null
            ? (TensorShape[])[]
            : [Sinks.Tensor]];
}
