namespace SparseLlm.Models.Definitions;

/// <summary>One decoder layer: attention and feed-forward block, each with a residual connection and a norm.</summary>
/// <param name="Index">Its place, from 0.</param>
/// <param name="AttentionNorm">The norm of the attention block.</param>
/// <param name="Attention">The attention block.</param>
/// <param name="FeedForwardNorm">The norm of the feed-forward block.</param>
/// <param name="FeedForward">The feed-forward block.</param>
/// <param name="NormFirst">True: x + f(norm(x)). False: norm(x + f(x)), as in OPT-350m.</param>
public sealed record LayerDefinition(
    int Index,
    NormDefinition AttentionNorm,
    AttentionDefinition Attention,
    NormDefinition FeedForwardNorm,
    FeedForwardDefinition FeedForward,
    bool NormFirst = true)
{
    /// <summary>The linear layers in the order in which data flows through them: q, k, v, o, (gate,) up, down.</summary>
    public IEnumerable<LinearDefinition> Linears
    {
        get
        {
            yield return Attention.Query;
            yield return Attention.Key;
            yield return Attention.Value;
            yield return Attention.Output;
            if (FeedForward.Gate is { } gate)
            {
                yield return gate;
            }

            yield return FeedForward.Up;
            yield return FeedForward.Down;
        }
    }

    /// <summary>Every tensor of this layer.</summary>
    public IEnumerable<TensorShape> Tensors =>
        AttentionNorm.Tensors
            .Concat(FeedForwardNorm.Tensors)
            .Concat(Linears.SelectMany(linear => linear.Tensors));
}
