namespace SparseLlm.Numerics;

/// <summary>
/// The function f between the projections of a feed-forward block: y = f(x), or y = f(gate) ⊙ up where the block has a
/// gate (Shazeer 2020). σ(x) = 1 / (1 + exp(-x)).
/// </summary>
public enum Nonlinearity
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x σ(x). With a gate: SwiGLU.</summary>
    Silu,

    /// <summary>x Φ(x), Φ being the normal distribution's cumulative function (1 + erf(x / √2)) / 2. Hendrycks and
    /// Gimpel 2016.</summary>
    Gelu,

    /// <summary>The approximation of <see cref="Gelu"/> 0.5 x (1 + tanh(√(2 / π) (x + 0.044715 x³))).</summary>
    GeluTanh,

    /// <summary>The approximation of <see cref="Gelu"/> x σ(1.702 x).</summary>
    QuickGelu,

    /// <summary>
    /// gpt-oss's, which needs a gate: with g = min(gate, 7) and u = clamp(up, -7, 7), y = g σ(1.702 g) (u + 1). Where a
    /// value is clamped, its derivative is 0.
    /// </summary>
    ClampedSwish,
}
