using System.Numerics;
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

    /// <summary>What is summed of a value.</summary>
    private interface ITerm
    {
        static abstract Vector<double> Of(Vector<double> value);
    }

    /// <summary>sums += the sum of each column.</summary>
    public static void Sum(WorkerTeam team, View<float> x, double* sums) => Run<Value>(team, x, sums);

    /// <summary>sums += the sum of squares of each column.</summary>
    public static void SumSquares(WorkerTeam team, View<float> x, double* sums) => Run<Square>(team, x, sums);

    /// <summary>counts += the number of positive values of each column.</summary>
    public static void CountPositive(WorkerTeam team, View<float> x, double* counts) => Run<IsPositive>(team, x, counts);

    /// <summary>Calls <paramref name="body"/> with (first column, number of columns) for ranges that cover all columns.</summary>
    public static void Run(WorkerTeam team, int columns, Action<int, int> body) =>
        team.RunChunks(columns, ColumnsPerItem, (start, count) => body((int)start, (int)count));

    private static void Run<TTerm>(WorkerTeam team, View<float> x, double* sums)
        where TTerm : struct, ITerm =>
        Run(team, x.Columns, (column, count) => Accumulate<TTerm>(x, column, count, sums + column));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate<TTerm>(View<float> x, int column, int count, double* sums)
        where TTerm : struct, ITerm
    {
        for (int row = 0; row < x.Rows; row++)
        {
            float* values = x.At(row, column);
            int j = 0;
            for (; j <= count - Vector<float>.Count; j += Vector<float>.Count)
            {
                Vector.Widen(Vector.Load(values + j), out Vector<double> lower, out Vector<double> upper);
                (Vector.Load(sums + j) + TTerm.Of(lower)).Store(sums + j);
                double* next = sums + j + Vector<double>.Count;
                (Vector.Load(next) + TTerm.Of(upper)).Store(next);
            }

            for (; j < count; j++)
            {
                sums[j] += TTerm.Of(new Vector<double>(values[j]))[0];
            }
        }
    }

    private readonly struct Value : ITerm
    {
        public static Vector<double> Of(Vector<double> value) => value;
    }

    private readonly struct Square : ITerm
    {
        public static Vector<double> Of(Vector<double> value) => value * value;
    }

    private readonly struct IsPositive : ITerm
    {
        public static Vector<double> Of(Vector<double> value) => Vector.ConditionalSelect(
            Vector.GreaterThan(value, Vector<double>.Zero), Vector<double>.One, Vector<double>.Zero);
    }
}
