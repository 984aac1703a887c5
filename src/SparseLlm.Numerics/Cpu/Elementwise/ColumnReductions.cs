using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>
/// Sums over tokens, per column, in double precision. Work items are ranges of columns, so that every sum is taken by one
/// thread in the order of the tokens.
/// </summary>
internal static unsafe class ColumnReductions
{
    private const int ColumnsPerItem = 256;

    /// <summary>sums += the sum of each column.</summary>
    public static void Sum(WorkerTeam team, View<float> x, double* sums) =>
        Run(team, x.Columns, (column, count) => Accumulate(x, column, count, sums, squared: false));

    /// <summary>sums += the sum of squares of each column.</summary>
    public static void SumSquares(WorkerTeam team, View<float> x, double* sums) =>
        Run(team, x.Columns, (column, count) => Accumulate(x, column, count, sums, squared: true));

    /// <summary>counts += the number of positive values of each column.</summary>
    public static void CountPositive(WorkerTeam team, View<float> x, double* counts) =>
        Run(team, x.Columns, (column, count) =>
        {
            for (int row = 0; row < x.Rows; row++)
            {
                float* values = x.At(row, 0);
                for (int j = column; j < column + count; j++)
                {
                    counts[j] += values[j] > 0 ? 1 : 0;
                }
            }
        });

    /// <summary>Calls <paramref name="body"/> with (first column, number of columns) for ranges that cover all columns.</summary>
    public static void Run(WorkerTeam team, int columns, Action<int, int> body) =>
        team.RunChunks(columns, ColumnsPerItem, (start, count) => body((int)start, (int)count));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate(View<float> x, int column, int count, double* sums, bool squared)
    {
        for (int row = 0; row < x.Rows; row++)
        {
            float* values = x.At(row, 0);
            for (int j = column; j < column + count; j++)
            {
                double value = values[j];
                sums[j] += squared ? value * value : value;
            }
        }
    }
}
