using System.Globalization;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Solvers;

/// <summary>
/// Quantises the weights that a mask keeps, min tr (Q - T) H (Q - T)' over codes and scales, by coordinate descent from
/// the weights that fit best without codes: each code makes up for what those before it have lost. What is pruned stays
/// pruned, and what is kept does not become zero.
/// </summary>
internal sealed class Quantizer(IBackend backend, Quantization quantization, int blockSize)
{
    private const int MostPasses = 40;

    /// <summary>What is said of groups that no scale reaches.</summary>
    internal const string CutWeights
        = "groups have weights too large for a scale in half precision, which were cut";

    /// <summary>The largest scale but the very largest, which stands for all that are larger.</summary>
    internal const double LargestScale = 65_472;

    /// <summary>A pass that gains less, as a share of what rounding still costs, is the last.</summary>
    private const double LeastGain = 5e-3;

    /// <summary>Quantises a matrix.</summary>
    /// <param name="gram">The inputs' Gram matrix H.</param>
    /// <param name="target">T, [outputs x inputs].</param>
    /// <param name="mask">1 where a weight is kept, 0 where it is pruned.</param>
    /// <param name="weights">The weights that fit best without codes; receives Q.</param>
    public void Quantize(InputGram gram, Matrix<float> target, Matrix<float> mask, Matrix<float> weights)
    {
        int group = quantization.GroupOf(weights.Columns);
        CodeRange codes = quantization.Codes(isPruned: backend.CountNonZero(mask) < mask.Length);
        using Matrix<float> scales = backend.AllocateUninitialized<float>(
            weights.Rows,
            (weights.Columns + group - 1) / group);
        backend.ChooseScales(weights, mask, [.. gram.Diagonal.Select(value => (float)value)], group, codes, scales);

        using Matrix<float> h = backend.AllocateUninitialized<float>(gram.Width, gram.Width);
        backend.Convert(gram.Damped, h);
        using Matrix<float> difference = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        using Matrix<float> gradient = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        backend.Combine(1, weights, -1, target, difference);
        backend.Multiply(difference, false, h, false, gradient);
        double fitted = backend.Dot(difference, gradient);
        double before = double.PositiveInfinity;
        for (int pass = 0; pass < MostPasses; pass++)
        {
            backend.QuantizeDescent(weights, gradient, h, mask, scales, group, codes, blockSize);
            backend.Combine(1, weights, -1, target, difference);
            double after = backend.Dot(difference, gradient);
            if (!(before - after > LeastGain * (after - fitted)))
            {
                break;
            }

            before = after;
        }

        ReportLost(gram, mask, weights, scales);
    }

    /// <summary>A scale is a half-precision number. Weights that are too small for one become zero, and those that are
    /// too large are cut, which should not pass unnoticed.</summary>
    private void ReportLost(InputGram gram, Matrix<float> mask, Matrix<float> weights, Matrix<float> scales)
    {
        long kept = backend.CountNonZero(mask);
        long zeroed = kept < mask.Length ? kept - backend.CountNonZero(weights) : 0;
        Report(zeroed, "kept weights are too small for a scale in half precision and became zero");
        Report(backend.CountAbove(scales, LargestScale), CutWeights);

        void Report(long count, string loss)
        {
            if (count > 0)
            {
                gram.ReportFallback(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{count} {loss}; a rule can keep the matrix as it is"));
            }
        }
    }
}
