namespace SparseLlm.Numerics.TorchSharp.Transformer;

/// <summary>Derivatives of silu(s) = s σ(s).</summary>
internal static class Swish
{
    /// <summary>silu' = σ (1 + s (1 - σ)).</summary>
    /// <param name="s">Any shape.</param>
    /// <param name="sigmoid">σ(s).</param>
    public static Tensor Slope(Tensor s, Tensor sigmoid) => OneMinus(sigmoid).mul_(s).add_(One, One).mul_(sigmoid);

    /// <summary>silu'' = σ (1 - σ) (2 + s (1 - 2 σ)).</summary>
    /// <param name="s">Any shape.</param>
    /// <param name="sigmoid">σ(s).</param>
    public static Tensor Bend(Tensor s, Tensor sigmoid)
    {
        Tensor inner = OneMinus(sigmoid.mul(Kept(2))).mul_(s).add_(Kept(2), One);
        return OneMinus(sigmoid).mul_(sigmoid).mul_(inner);
    }

    private static Tensor OneMinus(Tensor x) => x.neg().add_(One, One);
}
