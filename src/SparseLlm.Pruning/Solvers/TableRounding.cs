using SparseLlm.Numerics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Solvers;

/// <summary>
/// Makes the rows of a table codes times scales, min tr (Q - T) H (Q - T)' by coordinate descent from the nearest
/// codes. What becomes of a row does not depend on other rows, so there are as many passes for each.
/// </summary>
/// <param name="backend">Where the table is.</param>
/// <param name="quantization">The codes.</param>
internal sealed class TableRounding(IBackend backend, Quantization quantization)
{
    // Without H, codes and then scales that suit them and the codes nearest to these: more change next to nothing.
    private const int PlainPasses = 2;
    private const int Passes = 6;

    private const int BlockSize = 128;
    private const int WeightsAtOnce = 1 << 22;

    /// <summary>Rounds rows in place.</summary>
    /// <param name="rows">[n x d].</param>
    /// <param name="curvature">H [d x d], in rows; null where it is the identity.</param>
    /// <returns>How many groups have weights that are too large for a scale in half precision, and were cut.</returns>
    public long Round(Matrix<float> rows, float[]? curvature = null)
    {
        int group = quantization.GroupOf(rows.Columns);

        // Groups that do not depend on each other, and divide rows, are rounded as rows, which takes the least work.
        int width = curvature is null && rows.Columns % group == 0 ? group : rows.Columns;
        using Matrix<float> parts = rows.Reshape(checked((int)(rows.Length / width)), width);
        using Matrix<float> h = backend.AllocateUninitialized<float>(width, width);
        backend.Upload<float>(curvature ?? Identity(width), h);
        float[] importance = [.. Enumerable.Range(0, width).Select(i => curvature?[i * (width + 1)] ?? 1)];
        int atOnce = Math.Max(1, WeightsAtOnce / width);
        long cut = 0;
        for (int start = 0; start < parts.Rows; start += atOnce)
        {
            using Matrix<float> piece = parts.Slice(start, Math.Min(atOnce, parts.Rows - start));
            cut += Round(piece, h, importance, group, curvature is null ? PlainPasses : Passes);
        }

        return cut;
    }

    private long Round(Matrix<float> weights, Matrix<float> h, float[] importance, int group, int passes)
    {
        CodeRange codes = quantization.Codes(isPruned: false);
        using Matrix<float> all = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        backend.KeepLargest(weights, weights.Length, all);
        using Matrix<float> scales = backend.AllocateUninitialized<float>(
            weights.Rows,
            (weights.Columns + group - 1) / group);
        backend.ChooseScales(weights, all, importance, group, codes, scales);
        using Matrix<float> gradient = backend.Allocate<float>(weights.Rows, weights.Columns);
        for (int pass = 0; pass < passes; pass++)
        {
            backend.QuantizeDescent(weights, gradient, h, all, scales, group, codes, Math.Max(BlockSize, group));
        }

        return backend.CountAbove(scales, Quantizer.LargestScale);
    }

    private static float[] Identity(int width)
    {
        float[] values = new float[width * width];
        for (int i = 0; i < width; i++)
        {
            values[i * (width + 1)] = 1;
        }

        return values;
    }
}
