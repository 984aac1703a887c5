namespace SparseLlm.Numerics.TorchSharp.Quantization;

/// <summary>Codes under training, some rows of a matrix at a time.</summary>
/// <param name="group">Columns of a group.</param>
/// <param name="codes">The codes.</param>
internal sealed class LatentRounding(int group, CodeRange codes)
{
    private readonly CodeRounding rounding = new(codes);

    /// <summary>Rounds latent weights.</summary>
    /// <param name="latent">[n x d].</param>
    /// <param name="scales">[n x groups].</param>
    /// <param name="weights">[n x d]; changed in place.</param>
    public void Round(Tensor latent, Tensor scales, Tensor weights)
    {
        Tensor rounded = Codes(latent).mul_(PerColumn(scales, latent.shape[1]));
        weights.copy_(Unpruned(rounded, weights).add_(Kept(0), One));
    }

    /// <summary>Makes a gradient by weights one by latent weights, and sums up that by scales.</summary>
    /// <param name="latent">[n x d].</param>
    /// <param name="scales">[n x groups].</param>
    /// <param name="weights">[n x d].</param>
    /// <param name="gradient">[n x d]; changed in place.</param>
    /// <param name="scaleGradient">[n x groups]; receives the sums.</param>
    public void Differentiate(Tensor latent, Tensor scales, Tensor weights, Tensor gradient, Tensor scaleGradient)
    {
        long columns = latent.shape[1];
        Tensor slopes = Unpruned(gradient, weights);
        long missing = (group - columns % group) % group;
        Tensor products = Codes(latent).mul_(slopes);
        Tensor whole = missing == 0 ? products : torch.nn.functional.pad(products, [0, missing]);
        scaleGradient.copy_(whole.view(latent.shape[0], -1, group).sum(2));
        Tensor isClipped = latent.lt(Kept(codes.Least - 0.5)).logical_or_(latent.gt(Kept(codes.Most + 0.5)));
        gradient.copy_(slopes.mul(PerColumn(scales.sign(), columns)).masked_fill_(isClipped, Kept(0)));
    }

    private Tensor Codes(Tensor latent) => rounding.Codes(latent, torch.ones_like(latent));

    private Tensor Unpruned(Tensor values, Tensor weights)
        => codes.HasZero ? values.clone() : values.masked_fill(weights.eq(Kept(0)), Kept(0));

    /// <summary>[n x d], from [n x groups].</summary>
    private Tensor PerColumn(Tensor scales, long columns)
        => scales.repeat_interleave(group, dim: 1).narrow(1, 0, columns);
}
