using System.Runtime.Intrinsics;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Quantization;

/// <summary>Codes under training, group by group of a row.</summary>
internal sealed unsafe class LatentCodes(WorkerTeam team, int group, CodeRange codes)
{
    private const int Lanes = 8;

    private readonly CodeLanes lanes = new(codes);
    private readonly Vector256<float> least = Vector256.Create(codes.Least - 0.5f);
    private readonly Vector256<float> most = Vector256.Create(codes.Most + 0.5f);

    /// <summary>See <see cref="IQuantizationKernels.RoundLatent"/>.</summary>
    public void Round(View<float> latent, View<float> scales, View<float> weights)
        => ForGroups(latent, (row, start, width) =>
        {
            var scale = Vector256.Create(*scales.At(row, start / group));
            float* source = latent.At(row, start);
            float* target = weights.At(row, start);
            for (int j = 0; j < width; j += Lanes)
            {
                int count = Math.Min(Lanes, width - j);
                Vector256<float> code = lanes.Code(Load(source + j, count), Vector256<float>.One);
                Vector256<float> rounded = Unless(IsPruned(Load(target + j, count)), code * scale);
                Store(rounded + Vector256<float>.Zero, target + j, count);
            }
        });

    /// <summary>See <see cref="IQuantizationKernels.LatentGradient"/>.</summary>
    public void Differentiate(
        View<float> latent, View<float> scales, View<float> weights, View<float> gradient, View<float> scaleGradient)
        => ForGroups(latent, (row, start, width) =>
        {
            float scale = *scales.At(row, start / group);
            var sign = Vector256.Create((float)Math.Sign(scale));
            float* source = latent.At(row, start);
            float* slopes = gradient.At(row, start);
            Vector256<float> byScale = Vector256<float>.Zero;
            for (int j = 0; j < width; j += Lanes)
            {
                int count = Math.Min(Lanes, width - j);
                Vector256<float> exact = Load(source + j, count);
                Vector256<float> slope = Unless(
                    IsPruned(Load(weights.At(row, start + j), count)),
                    Load(slopes + j, count));
                byScale += slope * lanes.Code(exact, Vector256<float>.One);
                Vector256<float> isClipped = Vector256.LessThan(exact, least) | Vector256.GreaterThan(exact, most);
                Store(Unless(isClipped, slope * sign), slopes + j, count);
            }

            *scaleGradient.At(row, start / group) = Vector256.Sum(byScale);
        });

    private Vector256<float> IsPruned(Vector256<float> weight)
        => codes.HasZero ? Vector256<float>.Zero : Vector256.Equals(weight, Vector256<float>.Zero);

    private static Vector256<float> Unless(Vector256<float> condition, Vector256<float> value)
        => Vector256.AndNot(value, condition);

    private static Vector256<float> Load(float* source, int count)
    {
        if (count == Lanes)
        {
            return Vector256.Load(source);
        }

        float* padded = stackalloc float[Lanes];
        new Span<float>(padded, Lanes).Clear();
        new Span<float>(source, count).CopyTo(new Span<float>(padded, Lanes));
        return Vector256.Load(padded);
    }

    private static void Store(Vector256<float> values, float* target, int count)
    {
        if (count == Lanes)
        {
            values.Store(target);
            return;
        }

        float* padded = stackalloc float[Lanes];
        values.Store(padded);
        new Span<float>(padded, count).CopyTo(new Span<float>(target, count));
    }

    private void ForGroups(View<float> matrix, Action<int, int, int> action) => team.Run(matrix.Rows, row =>
    {
        for (int start = 0; start < matrix.Columns; start += group)
        {
            action(row, start, Math.Min(group, matrix.Columns - start));
        }
    });
}
