namespace SparseLlm.Models.Definitions;

/// <summary>The residual stream to logits.</summary>
/// <param name="Norm">The final norm, if the model has one.</param>
/// <param name="Projection">From the hidden size to the table's width, where they differ (OPT-350m).</param>
/// <param name="Tokens">The output table [vocabulary x width]; the same tensor as the embedding's where they are tied.</param>
public sealed record HeadDefinition(NormDefinition? Norm, LinearDefinition? Projection, TensorShape Tokens)
{
    /// <summary>The tensors of the head.</summary>
    public IEnumerable<TensorShape> Tensors =>
        (Norm?.Tensors ?? []).Concat(Projection?.Tensors ?? []).Append(Tokens);
}
