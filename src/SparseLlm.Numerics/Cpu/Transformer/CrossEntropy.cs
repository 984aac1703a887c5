using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Transformer;

/// <summary>Negative log likelihood of target tokens.</summary>
internal static unsafe class CrossEntropy
{
    private const int Piece = 1024;

    /// <summary>losses = log Σ exp(logits - max) + max - logits[target], per row.</summary>
    public static void Run(WorkerTeam team, View<float> logits, int* targets, double* losses) =>
        Arithmetic.ForRows(team, logits, row =>
        {
            float max = TensorPrimitives.Max<float>(logits.Row(row));
            double sum = SumOfExponentials(logits.Row(row), max);
            losses[row] = Math.Log(sum) + (max - (double)*logits.At(row, targets[row]));
        });

    private static double SumOfExponentials(ReadOnlySpan<float> x, float max)
    {
        float* exponentials = stackalloc float[Piece];
        double sum = 0;
        for (int start = 0; start < x.Length; start += Piece)
        {
            ReadOnlySpan<float> piece = x.Slice(start, Math.Min(Piece, x.Length - start));
            var result = new Span<float>(exponentials, piece.Length);
            TensorPrimitives.Subtract(piece, max, result);
            TensorPrimitives.Exp(result, result);
            sum += Reductions.Sum(exponentials, piece.Length);
        }

        return sum;
    }
}
