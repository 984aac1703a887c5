using SparseLlm.Numerics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Solvers;

/// <summary>
/// Rounds the rows of a table to codes times scales, with the least squared error for each group. What becomes of a row
/// does not depend on other rows.
/// </summary>
/// <param name="backend">Where the table is.</param>
/// <param name="quantization">The codes.</param>
internal sealed class TableRounding(IBackend backend, Quantization quantization)
{
    // Codes, then scales that suit them and the codes nearest to these. More passes change next to nothing.
    private const int Passes = 2;

    private const int WeightsAtOnce = 1 << 22;

    /// <summary>Rounds rows in place.</summary>
    /// <returns>How many groups have weights that are too large for a scale in half precision, and were cut.</returns>
    public long Round(Matrix<float> rows)
    {
        int group = quantization.GroupOf(rows.Columns);

        // Groups that divide rows are rounded as rows, which takes the least work.
        int width = rows.Columns % group == 0 ? group : rows.Columns;
        using Matrix<float> parts = rows.Reshape(checked((int)(rows.Length / width)), width);
        using Matrix<float> identity = Identity(width);
        int atOnce = Math.Max(1, WeightsAtOnce / width);
        long cut = 0;
        for (int start = 0; start < parts.Rows; start += atOnce)
        {
            using Matrix<float> piece = parts.Slice(start, Math.Min(atOnce, parts.Rows - start));
            cut += Round(piece, identity, group);
        }

        return cut;
    }

    private long Round(Matrix<float> weights, Matrix<float> identity, int group)
    {
        CodeRange codes = quantization.Codes(isPruned: false);
        using Matrix<float> all = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        backend.KeepLargest(weights, weights.Length, all);
        using Matrix<float> scales = backend.AllocateUninitialized<float>(
            weights.Rows,
            (weights.Columns + group - 1) / group);
        float[] importance = new float[weights.Columns];
        Array.Fill(importance, 1);
        backend.ChooseScales(weights, all, importance, group, codes, scales);
        using Matrix<float> gradient = backend.Allocate<float>(weights.Rows, weights.Columns);
        for (int pass = 0; pass < Passes; pass++)
        {
            backend.QuantizeDescent(
                weights,
                gradient,
                identity,
                all,
                scales,
                group,
                codes,
                blockSize: weights.Columns);
        }

        return backend.CountAbove(scales, Quantizer.LargestScale);
    }

    private Matrix<float> Identity(int width)
    {
        float[] values = new float[width * width];
        for (int i = 0; i < width; i++)
        {
            values[i * (width + 1)] = 1;
        }

        Matrix<float> identity = backend.AllocateUninitialized<float>(width, width);
        backend.Upload<float>(values, identity);
        return identity;
    }
}
