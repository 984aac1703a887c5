namespace SparseLlm.Models.Definitions;

/// <summary>Token ids to the residual stream.</summary>
/// <param name="Tokens">The token table, [vocabulary x width].</param>
/// <param name="Positions">The learned position table, if the model has one.</param>
/// <param name="PositionOffset">The row of the position table for position 0 (2 for OPT).</param>
/// <param name="Projection">From the table's width to the hidden size, where they differ (OPT-350m).</param>
/// <param name="Multiplier">The factor of the token vectors (Gemma, Granite).</param>
public sealed record EmbeddingDefinition(
    TensorShape Tokens,
    TensorShape? Positions = null,
    int PositionOffset = 0,
    LinearDefinition? Projection = null,
    float Multiplier = 1)
{
    /// <summary>The tensors of the embedding.</summary>
    public IEnumerable<TensorShape> Tensors
        => [Tokens, .. Positions is null ? (TensorShape[])[] : [Positions], .. Projection?.Tensors ?? []];
}
