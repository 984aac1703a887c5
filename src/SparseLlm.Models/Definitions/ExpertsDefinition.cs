namespace SparseLlm.Models.Definitions;

/// <summary>A mixture of experts (Shazeer et al. 2017): of many feed-forward blocks, each token goes through the few
/// with the highest router logits.</summary>
/// <param name="Router">Hidden size to a logit per expert.</param>
/// <param name="Experts">The experts.</param>
/// <param name="ExpertsPerToken">How many each token goes through.</param>
/// <param name="NormalizesWeights">
/// Whether the softmax over all experts is scaled so that the chosen ones' weights sum to 1; the same as the softmax
/// over their logits alone.
/// </param>
public sealed record ExpertsDefinition(
    LinearDefinition Router, IReadOnlyList<FeedForwardDefinition> Experts, int ExpertsPerToken,
    bool NormalizesWeights = true) : MixerDefinition
{
    /// <inheritdoc/>
    public override IEnumerable<LinearDefinition> Linears => [Router, .. Experts.SelectMany(expert => expert.Linears)];
}
