namespace SparseLlm.Numerics.TorchSharp.Transformer;

/// <summary>Rows brought to unit mean square; means are taken in double precision.</summary>
internal static class Normalization
{
    private static readonly long[] Channels = [-1];

    /// <summary>The normalised rows, and what they were multiplied by.</summary>
    /// <param name="x">[... x d].</param>
    /// <param name="centred">Whether the mean is taken out first (layer norm; not in RMS norm).</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <returns>[... x d] and [... x 1].</returns>
    public static (Tensor Rows, Tensor Scale) Normalize(Tensor x, bool centred, float epsilon)
    {
        Tensor rows = centred ? x.sub(Mean(x)) : x;
        Tensor scale = rows.Squared().mean(Channels, keepdim: true, type: torch.float64).add_(Kept(epsilon), One)
            .rsqrt_()
            .@float();
        return (rows.mul(scale), scale);
    }

    /// <summary>The mean of each row, [... x 1].</summary>
    public static Tensor Mean(Tensor x) => x.mean(Channels, keepdim: true, type: torch.float64).@float();
}
