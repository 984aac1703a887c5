using System.Runtime.InteropServices;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Gradients;

/// <summary>
/// A quantised matrix under training. Its values are codes times scales at any time. What Adam moves is a latent weight
/// behind each code, counted in codes, to which the gradient goes straight through the rounding, and the scales, as
/// shares of what they were in the beginning.
/// </summary>
internal sealed class QuantizedParameter : Parameter
{
    private readonly IBackend backend;
    private readonly int group;
    private readonly CodeRange codes;
    private readonly double codeRate;
    private readonly Matrix<float> latent;
    private readonly Matrix<float> firstScales;
    private readonly Matrix<float> scales;
    private readonly Matrix<float> shares;
    private readonly Parameter scaling;

    private QuantizedParameter(
        IBackend backend, Matrix<float> values, int group, CodeRange codes, double codeRate, Matrix<float> latent,
        Matrix<float> scales)
        : base(backend, values, keepsZeros: false)
    {
        (this.backend, this.group, this.codes, this.codeRate) = (backend, group, codes, codeRate);
        (this.latent, this.scales) = (latent, scales);
        firstScales = backend.CopyOf(scales);
        shares = backend.AllocateUninitialized<float>(scales.Rows, scales.Columns);
        Fill(shares, 1);
        scaling = new Parameter(backend, shares, keepsZeros: false);
        Round();
    }

    /// <summary>A parameter for a matrix that has been quantised; null where its values are no codes.</summary>
    /// <param name="backend">Where it lives.</param>
    /// <param name="values">Its values, which stay the caller's.</param>
    /// <param name="quantization">How it has been quantised.</param>
    /// <param name="isPruned">Whether weights are pruned, so that zeros stay zero.</param>
    /// <param name="codeRate">By how many codes a latent weight moves where another parameter moves by one.</param>
    public static QuantizedParameter? Of(
        IBackend backend, Matrix<float> values, Quantization quantization, bool isPruned, double codeRate)
    {
        int group = quantization.GroupOf(values.Columns);
        CodeRange codes = quantization.Codes(isPruned);
        Matrix<float> latent = backend.AllocateUninitialized<float>(values.Rows, values.Columns);
        Matrix<float> scales = backend.AllocateUninitialized<float>(values.Rows, (values.Columns + group - 1) / group);
        if (FindCodes(backend, values, group, codes, latent, scales))
        {
            return new QuantizedParameter(backend, values, group, codes, codeRate, latent, scales);
        }

        latent.Dispose();
        scales.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public override IEnumerable<Matrix<float>> State => [latent, .. Moments, .. scaling.State];

    /// <inheritdoc/>
    public override void Resume() => Round();

    /// <inheritdoc/>
    public override void Step(AdamStep step)
    {
        backend.LatentGradient(latent, scales, group, codes, Values, Gradient, scaling.Gradient);
        backend.Hadamard(scaling.Gradient, firstScales, scaling.Gradient);
        Move(latent, step with { Rate = step.Rate * codeRate });
        scaling.Step(step);
        Round();
    }

    private void Round()
    {
        backend.Hadamard(shares, firstScales, scales);
        backend.RoundTo(scales, NumberFormat.Half);
        backend.RoundLatent(latent, scales, group, codes, Values);
    }

    /// <summary>Writes the codes and scales of quantised values.</summary>
    /// <returns>Whether there are such for all of them.</returns>
    private static bool FindCodes(
        IBackend backend, Matrix<float> values, int group, CodeRange codes, Matrix<float> latent, Matrix<float> scales)
    {
        bool isFound = true;
        values.ForEachPiece(sizeof(float), (first, rows, bytes) =>
        {
            Span<float> weights = MemoryMarshal.Cast<byte, float>(bytes);
            backend.Download(rows, weights);
            var found = new float[rows.Rows * scales.Columns];
            for (int i = 0; i < found.Length; i++)
            {
                int start = i % scales.Columns * group;
                int width = Math.Min(group, values.Columns - start);
                isFound &= TryFindCodes(
                    weights.Slice(i / scales.Columns * values.Columns + start, width),
                    codes,
                    out found[i]);
            }

            using Matrix<float> latentRows = latent.Slice(first, rows.Rows);
            using Matrix<float> scaleRows = scales.Slice(first, rows.Rows);
            backend.Upload<float>(weights, latentRows);
            backend.Upload<float>(found, scaleRows);
        });
        return isFound;
    }

    /// <summary>Puts codes in the place of a group's weights.</summary>
    private static bool TryFindCodes(Span<float> weights, CodeRange codes, out float scale)
    {
        scale = (float)(KnownScale.Of(weights, codes.Least, codes.Most) ?? default);
        if (scale == 0)
        {
            return !weights.ContainsAnyExcept(0f);
        }

        foreach (ref float weight in weights)
        {
            weight = MathF.Round(weight / scale);
        }

        return true;
    }

    private void Fill(Matrix<float> matrix, float value) => matrix.ForEachPiece(sizeof(float), (_, rows, bytes) =>
    {
        Span<float> host = MemoryMarshal.Cast<byte, float>(bytes);
        host.Fill(value);
        backend.Upload<float>(host, rows);
    });

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        scaling.Dispose();
        shares.Dispose();
        scales.Dispose();
        firstScales.Dispose();
        latent.Dispose();
    }
}
