using SparseLlm.Numerics.TorchSharp.Memory;

namespace SparseLlm.Numerics.TorchSharp.Pruning;

/// <summary>Rounds weights to what a format holds; see <see cref="IPruningKernels.RoundTo"/>.</summary>
internal static class FormatRounding
{
    /// <summary>The weights rounded, a new tensor.</summary>
    public static Tensor Rounded(Tensor weights, NumberFormat format)
    {
        Tensor rounded = format == NumberFormat.Single ? weights.clone() : weights.to(ElementTypes.Of(format)).@float();
        Tensor isLost = rounded.eq(Kept(0)).logical_and_(weights.ne(Kept(0)));

        // -0 + 0 is +0.
        return rounded.masked_fill_(isLost, Kept(format.LeastMagnitude())).add_(Kept(0), One);
    }
}
