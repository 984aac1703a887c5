namespace SparseLlm.Numerics.TorchSharp.Quantization;

/// <summary>Rounds weights to codes times scales.</summary>
/// <param name="codes">The codes.</param>
internal sealed class CodeRounding(CodeRange codes)
{
    /// <summary>The nearest codes, ties to even; a new tensor.</summary>
    /// <param name="weights">Any shape.</param>
    /// <param name="scales">A shape that can be expanded to it; 0 where there is nothing but zeros.</param>
    public Tensor Codes(Tensor weights, Tensor scales)
    {
        Tensor exact = weights.mul(scales.reciprocal().masked_fill_(scales.eq(Kept(0)), Kept(0)));
        Tensor rounded = exact.round();
        if (!codes.HasZero)
        {
            Tensor smallest = torch.ones_like(exact).masked_fill_(exact.lt(Kept(0)), Kept(-1));
            rounded = torch.where(rounded.eq(Kept(0)), smallest, rounded);
        }

        return rounded.clamp_(Kept(codes.Least), Kept(codes.Most));
    }

    /// <summary>Numbers of half precision, as single-precision ones.</summary>
    public static Tensor Half(Tensor scales)
        => scales.clamp(Kept((double)-System.Half.MaxValue), Kept((double)System.Half.MaxValue)).half().@float();
}
