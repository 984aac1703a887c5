using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>How large weights are beside those of their row and column; see
/// <see cref="IPruningKernels.RelativeImportance"/>.</summary>
internal static unsafe class RelativeImportance
{
    /// <summary>Every sum is taken by one thread, in the order of the rows and columns.</summary>
    public static void Score(WorkerTeam team, View<float> weights, double* factors, View<float> scores)
    {
        var columnSums = new double[weights.Columns];
        fixed (double* sums = columnSums)
        {
            ColumnReductions.SumMagnitudes(team, weights, sums);
        }

        Arithmetic.ForRows(team, weights, i =>
        {
            Span<float> row = weights.Row(i);
            double rowSum = Reductions.SumMagnitudes(row);
            Span<float> target = scores.Row(i);
            for (int j = 0; j < row.Length; j++)
            {
                double magnitude = Math.Abs(row[j]);
                double relative = magnitude == 0 ? 0 : magnitude / rowSum + magnitude / columnSums[j];
                target[j] = (float)(relative * factors[j]);
            }
        });
    }
}
