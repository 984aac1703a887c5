namespace SparseLlm.Models.Definitions;

/// <summary>What happens between the two halves of a feed-forward block.</summary>
public enum Activation
{
    /// <summary>max(x, 0), without a gate.</summary>
    Relu,

    /// <summary>silu(gate) ⊙ up.</summary>
    SwiGlu,
}

/// <summary>A feed-forward block (MLP).</summary>
/// <param name="Gate">The gate projection of a gated block, else null.</param>
/// <param name="Up">Hidden size to feed-forward size (OPT: fc1).</param>
/// <param name="Down">Feed-forward size to hidden size (OPT: fc2).</param>
/// <param name="Activation">The nonlinearity; gated if and only if there is a gate.</param>
public sealed record FeedForwardDefinition(LinearDefinition? Gate, LinearDefinition Up, LinearDefinition Down, Activation Activation);
