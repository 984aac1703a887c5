using SparseLlm.Numerics.TorchSharp.Memory;
using SparseLlm.Numerics.TorchSharp.Quantization;

namespace SparseLlm.Numerics.TorchSharp;

public sealed partial class TorchBackend
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
        using Operation operation = Begin();
        Tensor source = operation.Open(weights);
        Tensor kept = operation.Open(mask, weights.Rows, weights.Columns);
        Tensor target = OpenScales(operation, weights, group, scales);
        Shapes.RequireLength(importance.Length, weights.Columns, nameof(importance));
        Tensor factors = torch.tensor(importance.ToArray(), device: device);
        var choice = new ScaleChoice(group, codes);
        chunks.Run(weights.Rows, weights.Columns, (start, count) => target.narrow(0, start, count).copy_(
            choice.Of(source.narrow(0, start, count), kept.narrow(0, start, count), factors)));
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
        using Operation operation = Begin();
        Tensor slopes = operation.Open(gradient, weights.Rows, weights.Columns);
        Tensor curvature = operation.Open(h, weights.Columns, weights.Columns);
        Pass(operation, weights, mask, scales, group, codes).Descend(slopes, curvature, blockSize);
    }

    /// <inheritdoc/>
    public void RoundLatent(
        Matrix<float> latent,
        Matrix<float> scales,
        int group,
        CodeRange codes,
        Matrix<float> weights)
    {
        using Operation operation = Begin();
        Tensor source = operation.Open(latent);
        Tensor target = operation.Open(weights, latent.Rows, latent.Columns);
        Tensor ofGroups = OpenScales(operation, latent, group, scales);
        var rounding = new LatentRounding(group, codes);
        chunks.Run(latent.Rows, latent.Columns, (start, count) => rounding.Round(
            source.narrow(0, start, count),
            ofGroups.narrow(0, start, count),
            target.narrow(0, start, count)));
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
        using Operation operation = Begin();
        Tensor source = operation.Open(latent);
        Tensor rounded = operation.Open(weights, latent.Rows, latent.Columns);
        Tensor slopes = operation.Open(gradient, latent.Rows, latent.Columns);
        Tensor ofGroups = OpenScales(operation, latent, group, scales);
        Tensor byScales = OpenScales(operation, latent, group, scaleGradient);
        var rounding = new LatentRounding(group, codes);
        chunks.Run(latent.Rows, latent.Columns, (start, count) => rounding.Differentiate(
            source.narrow(0, start, count),
            ofGroups.narrow(0, start, count),
            rounded.narrow(0, start, count),
            slopes.narrow(0, start, count),
            byScales.narrow(0, start, count)));
    }

    private static QuantizationPass Pass(
        Operation operation, Matrix<float> weights, Matrix<float> mask, Matrix<float> scales, int group,
        CodeRange codes) => new(
        operation.Open(weights),
        operation.Open(mask, weights.Rows, weights.Columns),
        OpenScales(operation, weights, group, scales),
        group,
        codes);

    private static Tensor OpenScales(Operation operation, Matrix<float> weights, int group, Matrix<float> scales)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(group, 1);
        return operation.Open(scales, weights.Rows, (weights.Columns + group - 1) / group);
    }
}
