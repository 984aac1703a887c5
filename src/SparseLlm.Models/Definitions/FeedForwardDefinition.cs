namespace SparseLlm.Models.Definitions;

/// <summary>A feed-forward block (MLP).</summary>
/// <param name="Activation">The nonlinearity; of the gate, where there is one.</param>
/// <param name="Gate">The gate projection of a gated block, else null.</param>
/// <param name="Up">Hidden size to feed-forward size (OPT: fc1).</param>
/// <param name="Down">Feed-forward size to hidden size (OPT: fc2).</param>
public sealed record FeedForwardDefinition(
    Activation Activation,
    LinearDefinition? Gate,
    LinearDefinition Up,
    LinearDefinition Down) : MixerDefinition
{
    /// <inheritdoc/>
    public override IEnumerable<LinearDefinition> Linears => Gate is null ? [Up, Down] : [Gate, Up, Down];
}
