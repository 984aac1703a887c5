using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Transformer;

/// <summary>Normalisation of rows; means are taken in double precision. Rows take the gains (and biases) in
/// turn.</summary>
internal static unsafe class Normalization
{
    /// <summary>(x - mean) / sqrt(var + epsilon) ⊙ gain + bias. Ba et al. 2016.</summary>
    public static void LayerNorm(
        WorkerTeam team,
        View<float> x,
        View<float>? gain,
        View<float>? bias,
        float epsilon,
        View<float> destination) =>
        Arithmetic.ForRows(team, x, i =>
        {
            Span<float> row = destination.Row(i);
            double mean = Reductions.Sum(x.At(i, 0), x.Columns) / x.Columns;
            TensorPrimitives.Subtract(x.Row(i), (float)mean, row);
            float* centred = destination.At(i, 0);
            double variance = Reductions.Dot(centred, centred, x.Columns) / x.Columns;
            TensorPrimitives.Multiply(row, (float)(1 / Math.Sqrt(variance + epsilon)), row);
            if (gain is { } gains)
            {
                TensorPrimitives.Multiply(row, gains.Row(i % gains.Rows), row);
            }

            if (bias is { } biases)
            {
                TensorPrimitives.Add(row, biases.Row(i % biases.Rows), row);
            }
        });

    /// <summary>x / sqrt(mean x² + epsilon) ⊙ gain. Zhang and Sennrich 2019.</summary>
    public static void RmsNorm(
        WorkerTeam team,
        View<float> x,
        View<float>? gain,
        float epsilon,
        View<float> destination) =>
        Arithmetic.ForRows(team, x, i =>
        {
            float* source = x.At(i, 0);
            double meanSquare = Reductions.Dot(source, source, x.Columns) / x.Columns;
            Span<float> row = destination.Row(i);
            TensorPrimitives.Multiply(x.Row(i), (float)(1 / Math.Sqrt(meanSquare + epsilon)), row);
            if (gain is { } gains)
            {
                TensorPrimitives.Multiply(row, gains.Row(i % gains.Rows), row);
            }
        });
}
