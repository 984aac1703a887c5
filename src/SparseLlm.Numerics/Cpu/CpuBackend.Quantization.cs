using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void ChooseScales(
        Matrix<float> weights,
        Matrix<float> mask,
        ReadOnlySpan<float> importance,
        int group,
        CodeRange codes,
        Matrix<float> scales)
    {
        Shapes.RequireLength(importance.Length, weights.Columns, nameof(importance));
        fixed (float* pinned = importance)
        {
            Quantization(group, codes).ChooseScales(
                Open(weights),
                Open(mask, weights.Rows, weights.Columns),
                pinned,
                OpenScales(weights, group, scales));
        }

        Keep(weights, mask, scales);
    }

    /// <inheritdoc/>
    public void QuantizeDescent(
        Matrix<float> weights,
        Matrix<float> gradient,
        Matrix<float> h,
        Matrix<float> mask,
        Matrix<float> scales,
        int group,
        CodeRange codes,
        int blockSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        Quantization(group, codes).Descend(
            Open(weights),
            Open(gradient, weights.Rows, weights.Columns),
            Open(h, weights.Columns, weights.Columns),
            Open(mask, weights.Rows, weights.Columns),
            OpenScales(weights, group, scales),
            blockSize);
        Keep(weights, gradient, h);
        Keep(mask, scales);
    }

    /// <inheritdoc/>
    public void RoundLatent(
        Matrix<float> latent,
        Matrix<float> scales,
        int group,
        CodeRange codes,
        Matrix<float> weights)
    {
        LatentCodes(group, codes).Round(
            Open(latent),
            OpenScales(latent, group, scales),
            Open(weights, latent.Rows, latent.Columns));
        Keep(latent, scales, weights);
    }

    /// <inheritdoc/>
    public void LatentGradient(
        Matrix<float> latent,
        Matrix<float> scales,
        int group,
        CodeRange codes,
        Matrix<float> weights,
        Matrix<float> gradient,
        Matrix<float> scaleGradient)
    {
        LatentCodes(group, codes).Differentiate(
            Open(latent),
            OpenScales(latent, group, scales),
            Open(weights, latent.Rows, latent.Columns),
            Open(gradient, latent.Rows, latent.Columns),
            OpenScales(latent, group, scaleGradient));
        Keep(latent, scales, weights);
        Keep(gradient, scaleGradient);
    }

    private Quantization.Quantization Quantization(int group, CodeRange codes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(group, 1);
        return new(products, team, pool, group, codes);
    }

    private Quantization.LatentCodes LatentCodes(int group, CodeRange codes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(group, 1);
        return new(team, group, codes);
    }

    private static View<float> OpenScales(Matrix<float> weights, int group, Matrix<float> scales)
        => Open(scales, weights.Rows, (weights.Columns + group - 1) / group);
}
