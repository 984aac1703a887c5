namespace SparseLlm.Models.Definitions;

/// <summary>The residual stream to logits.</summary>
/// <param name="Norm">The final norm, if the model has one.</param>
/// <param name="Projection">From the hidden size to the table's width, where they differ (OPT-350m).</param>
/// <param name="Tokens">The output table [vocabulary x width]; the same tensor as the embedding's where they are
/// tied.</param>
public sealed record HeadDefinition(NormDefinition? Norm, LinearDefinition? Projection, TensorShape Tokens)
{
    /// <summary>The bias of the logits, if there is one (Phi, GPT-J).</summary>
    public TensorSlice? Bias { get; init; }

    /// <summary>The factor of the logits (Cohere, Granite).</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Logits z become Cap tanh(z / Cap), where there is a cap (Gemma 2).</summary>
    public float? Cap { get; init; }

    /// <summary>The tensors of the head.</summary>
    public IEnumerable<TensorShape> Tensors =>
        [.. Norm?.Tensors ?? [], .. Projection?.Tensors ?? [], Tokens, .. Bias is null
            ? (TensorShape[])[]
            : [Bias.Tensor]];
}
