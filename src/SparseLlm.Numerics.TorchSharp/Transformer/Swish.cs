namespace SparseLlm.Numerics.TorchSharp.Transformer;

/// <summary>Derivatives of silu(s) = s σ(s).</summary>
internal static class Swish
{
    private static readonly Scalar One = 1;
    private static readonly Scalar Two = 2;

    /// <summary>silu' = σ (1 + s (1 - σ)).</summary>
    /// <param name="s">Any shape.</param>
    /// <param name="sigmoid">σ(s).</param>
    public static Tensor Slope(Tensor s, Tensor sigmoid) => sigmoid * (One + s * (One - sigmoid));

    /// <summary>silu'' = σ (1 - σ) (2 + s (1 - 2 σ)).</summary>
    /// <param name="s">Any shape.</param>
    /// <param name="sigmoid">σ(s).</param>
    public static Tensor Bend(Tensor s, Tensor sigmoid) => sigmoid * (One - sigmoid) * (Two + s * (One - Two * sigmoid));
}
