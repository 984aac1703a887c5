using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// Products with few rows in a, where packing b would take longer than the product: b is read once, as it lies in memory.
/// </summary>
internal sealed unsafe class ThinProduct<T>(WorkerTeam team)
    where T : unmanaged, INumber<T>
{
    private const int MostRows = 4;

    /// <summary>A transposed b has its terms side by side, and its columns in the cache for one row of a after the other.</summary>
    private const int MostRowsTransposed = 16;

    private const int ColumnsPerItem = 64;
    private const int WideColumnsPerItem = 256;

    /// <summary>Whether this is the faster way to the product.</summary>
    public static bool Fits(View<T> a, View<T> b) =>
        a.ColumnStride == 1 && a.Rows <= (b.RowStride == 1 ? MostRowsTransposed : MostRows);

    /// <summary>c = alpha a b + beta c; with beta 0, c is not read.</summary>
    /// <param name="a">[m x k], row-major.</param>
    /// <param name="b">[k x n], row-major or transposed.</param>
    /// <param name="c">[m x n].</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of what c held.</param>
    public void Multiply(View<T> a, View<T> b, View<T> c, T alpha, T beta)
    {
        if (b.RowStride == 1)
        {
            team.RunChunks(c.Columns, ColumnsPerItem, (start, count) =>
            {
                for (int j = (int)start; j < start + count; j += 4)
                {
                    int width = (int)Math.Min(4, start + count - j);
                    for (int i = 0; i < a.Rows; i += 2)
                    {
                        int rows = Math.Min(2, a.Rows - i);
                        MultiplyDots(a.Block(i, 0, rows, a.Columns), b.Block(0, j, b.Rows, width), c.Block(i, j, rows, width), alpha, beta);
                    }
                }
            });
        }
        else
        {
            team.RunChunks(c.Columns, WideColumnsPerItem, (start, count) => MultiplyRows(
                a, b.Block(0, (int)start, b.Rows, (int)count), c.Block(0, (int)start, c.Rows, (int)count), alpha, beta));
        }
    }

    /// <summary>
    /// Up to two rows of a with up to four columns of b, each product a sum of as many partial sums as a 256-bit vector has lanes. Rows and
    /// columns that do not exist are computed as the last one again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyDots(View<T> a, View<T> b, View<T> c, T alpha, T beta)
    {
        const int Rows = 2;
        const int Columns = 4;
        T* a0 = a.Data;
        T* a1 = a.At(a.Rows - 1, 0);
        T* b0 = b.Data;
        T* b1 = b.At(0, Math.Min(1, b.Columns - 1));
        T* b2 = b.At(0, Math.Min(2, b.Columns - 1));
        T* b3 = b.At(0, b.Columns - 1);
        Vector256<T> s00 = default, s01 = default, s02 = default, s03 = default;
        Vector256<T> s10 = default, s11 = default, s12 = default, s13 = default;
        nint k = 0;
        for (; k <= b.Rows - Vector256<T>.Count; k += Vector256<T>.Count)
        {
            Vector256<T> upper = Vector256.Load(a0 + k);
            Vector256<T> lower = Vector256.Load(a1 + k);
            Vector256<T> right = Vector256.Load(b0 + k);
            s00 = Fused.MultiplyAdd(upper, right, s00);
            s10 = Fused.MultiplyAdd(lower, right, s10);
            right = Vector256.Load(b1 + k);
            s01 = Fused.MultiplyAdd(upper, right, s01);
            s11 = Fused.MultiplyAdd(lower, right, s11);
            right = Vector256.Load(b2 + k);
            s02 = Fused.MultiplyAdd(upper, right, s02);
            s12 = Fused.MultiplyAdd(lower, right, s12);
            right = Vector256.Load(b3 + k);
            s03 = Fused.MultiplyAdd(upper, right, s03);
            s13 = Fused.MultiplyAdd(lower, right, s13);
        }

        T* lanes = stackalloc T[Rows * Columns * Vector256<T>.Count];
        s00.Store(lanes);
        s01.Store(lanes + Vector256<T>.Count);
        s02.Store(lanes + 2 * Vector256<T>.Count);
        s03.Store(lanes + 3 * Vector256<T>.Count);
        s10.Store(lanes + 4 * Vector256<T>.Count);
        s11.Store(lanes + 5 * Vector256<T>.Count);
        s12.Store(lanes + 6 * Vector256<T>.Count);
        s13.Store(lanes + 7 * Vector256<T>.Count);
        T* sums = stackalloc T[Rows * Columns];
        SumLanes(lanes, sums);
        for (; k < b.Rows; k++)
        {
            AddTerms(a0[k], b0[k], b1[k], b2[k], b3[k], sums);
            AddTerms(a1[k], b0[k], b1[k], b2[k], b3[k], sums + Columns);
        }

        for (int i = 0; i < a.Rows; i++)
        {
            for (int j = 0; j < b.Columns; j++)
            {
                T sum = alpha * sums[Columns * i + (j == b.Columns - 1 ? Columns - 1 : j)];
                T* result = c.At(i, j);
                *result = beta == T.Zero ? sum : sum + beta * *result;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTerms(T left, T right0, T right1, T right2, T right3, T* sums)
    {
        sums[0] += left * right0;
        sums[1] += left * right1;
        sums[2] += left * right2;
        sums[3] += left * right3;
    }

    /// <summary>The sums of the lanes of eight vectors, side by side, each in the order of its lanes, which does not depend on the machine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumLanes(T* lanes, T* sums)
    {
        int width = Vector256<T>.Count;
        T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero, s4 = T.Zero, s5 = T.Zero, s6 = T.Zero, s7 = T.Zero;
        for (int lane = 0; lane < width; lane++)
        {
            s0 += lanes[lane];
            s1 += lanes[width + lane];
            s2 += lanes[2 * width + lane];
            s3 += lanes[3 * width + lane];
            s4 += lanes[4 * width + lane];
            s5 += lanes[5 * width + lane];
            s6 += lanes[6 * width + lane];
            s7 += lanes[7 * width + lane];
        }

        sums[0] = s0;
        sums[1] = s1;
        sums[2] = s2;
        sums[3] = s3;
        sums[4] = s4;
        sums[5] = s5;
        sums[6] = s6;
        sums[7] = s7;
    }

    /// <summary>Some columns of c, which stay in the cache while the rows of b pass by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyRows(View<T> a, View<T> b, View<T> c, T alpha, T beta)
    {
        for (int i = 0; i < c.Rows; i++)
        {
            Tile.Scale(c.At(i, 0), c.Columns, beta);
        }

        for (int k = 0; k < b.Rows; k++)
        {
            T* row = b.At(k, 0);
            for (int i = 0; i < c.Rows; i++)
            {
                AddScaled(c.At(i, 0), alpha * *a.At(i, k), row, c.Columns);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddScaled(T* x, T factor, T* y, int count)
    {
        Vector256<T> factors = Vector256.Create(factor);
        int j = 0;
        for (; j <= count - Vector256<T>.Count; j += Vector256<T>.Count)
        {
            Fused.MultiplyAdd(factors, Vector256.Load(y + j), Vector256.Load(x + j)).Store(x + j);
        }

        for (; j < count; j++)
        {
            x[j] += factor * y[j];
        }
    }
}
