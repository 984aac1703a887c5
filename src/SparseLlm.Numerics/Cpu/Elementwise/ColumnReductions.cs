using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>
/// Sums over tokens, per column, in double precision. Work items are ranges of columns, so that every sum is taken by
/// one thread in the order of the tokens.
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

    /// <summary>sums += the sum of the magnitudes of each column.</summary>
    public static void SumMagnitudes(WorkerTeam team, View<float> x, double* sums) => Run<Magnitude>(team, x, sums);

    /// <summary>sums += the sum of squares of each column.</summary>
    public static void SumSquares(WorkerTeam team, View<float> x, double* sums) => Run<Square>(team, x, sums);

    /// <summary>sums += Σ map(x)² of each column, squared in single precision.</summary>
    public static void SumSquares<TMap>(WorkerTeam team, TMap map, View<float> x, double* sums)
        where TMap : struct, IUnaryMap => SumSquares(team, new OfFirst<TMap>(map), x, x, sums);

    /// <summary>sums += Σ map(x, y)² of each column, squared in single precision.</summary>
    public static void SumSquares<TMap>(WorkerTeam team, TMap map, View<float> x, View<float> y, double* sums)
        where TMap : struct, IBinaryMap =>
        Run(team, x.Columns, (column, count) =>
        {
            for (int row = 0; row < x.Rows; row++)
            {
                AddSquares(map, x.At(row, column), y.At(row, column), count, sums + column);
            }
        });

    /// <summary>Calls <paramref name="body"/> with (first column, number of columns) for ranges that cover all
    /// columns.</summary>
    private static void Run(WorkerTeam team, int columns, Action<int, int> body) =>
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSquares<TMap>(TMap map, float* x, float* y, int count, double* sums)
        where TMap : struct, IBinaryMap
    {
        int j = 0;
        for (; j <= count - Vector<float>.Count; j += Vector<float>.Count)
        {
            Vector<float> value = map.Apply(Vector.Load(x + j), Vector.Load(y + j));
            Vector.Widen(value * value, out Vector<double> lower, out Vector<double> upper);
            (Vector.Load(sums + j) + lower).Store(sums + j);
            double* next = sums + j + Vector<double>.Count;
            (Vector.Load(next) + upper).Store(next);
        }

        if (j < count)
        {
            Vector<float> last = map.Apply(
                Map.Partial(x + j, count - j),
                Map.Partial(y + j, count - j));
            for (int lane = 0; lane < count - j; lane++)
            {
                sums[j + lane] += last[lane] * last[lane];
            }
        }
    }

    private readonly struct Value : ITerm
    {
        public static Vector<double> Of(Vector<double> value) => value;
    }

    private readonly struct Magnitude : ITerm
    {
        public static Vector<double> Of(Vector<double> value) => Vector.Abs(value);
    }

    private readonly struct Square : ITerm
    {
        public static Vector<double> Of(Vector<double> value) => value * value;
    }
}
