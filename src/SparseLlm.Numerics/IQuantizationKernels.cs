namespace SparseLlm.Numerics;

/// <summary>
/// The fused kernels of quantisation. Each row of a matrix has a scale for every group of consecutive columns, and a
/// quantised weight is a code times its scale. Scales are half-precision numbers of either sign. What a mask prunes is
/// zero; a group with no scale has no weights but zeros.
/// </summary>
public interface IQuantizationKernels
{
    /// <summary>
    /// Chooses scales that round the weights best, among some tens for each group: min Σ_j importance_j (w_j - q_j)².
    /// </summary>
    /// <param name="weights">[n x d].</param>
    /// <param name="mask">[n x d]; 1 where kept, 0 where pruned.</param>
    /// <param name="importance">d numbers on the host.</param>
    /// <param name="group">Columns of a group; the last may have fewer.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="scales">[n x number of groups]; receives them.</param>
    void ChooseScales(
        Matrix<float> weights,
        Matrix<float> mask,
        ReadOnlySpan<float> importance,
        int group,
        CodeRange codes,
        Matrix<float> scales);

    /// <summary>
    /// One pass of coordinate descent over quantised weights Q, min tr (Q - T) H (Q - T)': in each row and group, first
    /// the scale that suits the codes best, then each code in the order of the columns.
    /// </summary>
    /// <param name="weights">[n x d]: Q, or before the first pass what is to be rounded; changed in place. Those that are
    /// pruned are +0.</param>
    /// <param name="gradient">[n x d]: (Q - T) H; changed with it.</param>
    /// <param name="h">[d x d], symmetric.</param>
    /// <param name="mask">[n x d].</param>
    /// <param name="scales">[n x number of groups]; changed too, but where a group is wider than a block.</param>
    /// <param name="group">Columns of a group.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="blockSize">Columns that are gone through before those behind them learn of it; rounded to whole
    /// groups.</param>
    void QuantizeDescent(
        Matrix<float> weights,
        Matrix<float> gradient,
        Matrix<float> h,
        Matrix<float> mask,
        Matrix<float> scales,
        int group,
        CodeRange codes,
        int blockSize);

    /// <summary>
    /// Rounds latent weights, which are counted in codes: w = scale times the nearest code. Where codes have no zero,
    /// weights that are zero are pruned and stay zero.
    /// </summary>
    /// <param name="latent">[n x d].</param>
    /// <param name="scales">[n x number of groups].</param>
    /// <param name="group">Columns of a group.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="weights">[n x d]; those that are pruned are zero before, the others become codes times
    /// scales.</param>
    void RoundLatent(
        Matrix<float> latent,
        Matrix<float> scales,
        int group,
        CodeRange codes,
        Matrix<float> weights);

    /// <summary>
    /// Back through <see cref="RoundLatent"/>, straight through the rounding (Bengio et al. 2013): the derivative by a
    /// latent weight is that by its rounding times the sign of the scale, and 0 where it lies beyond the codes or is
    /// pruned. That by a scale is Σ_j g_j times code j, codes being constants.
    /// </summary>
    /// <param name="latent">[n x d].</param>
    /// <param name="scales">[n x number of groups].</param>
    /// <param name="group">Columns of a group.</param>
    /// <param name="codes">The codes.</param>
    /// <param name="weights">[n x d]: what the latent weights have been rounded to.</param>
    /// <param name="gradient">[n x d]: g, the derivative of a loss by the weights; receives that by the latent
    /// ones.</param>
    /// <param name="scaleGradient">[n x number of groups]; receives that by the scales.</param>
    void LatentGradient(
        Matrix<float> latent,
        Matrix<float> scales,
        int group,
        CodeRange codes,
        Matrix<float> weights,
        Matrix<float> gradient,
        Matrix<float> scaleGradient);
}
