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
            float* x = logits.At(row, 0);
            float max = TensorPrimitives.Max(new ReadOnlySpan<float>(x, logits.Columns));
            losses[row] = Math.Log(SumOfExponentials(x, max, logits.Columns)) + (max - (double)x[targets[row]]);
        });

    private static double SumOfExponentials(float* x, float max, int count)
    {
        float* exponentials = stackalloc float[Piece];
        double sum = 0;
        for (int start = 0; start < count; start += Piece)
        {
            sum += Exponential.ShiftedSum(x + start, max, Math.Min(Piece, count - start), exponentials);
        }

        return sum;
    }
}
