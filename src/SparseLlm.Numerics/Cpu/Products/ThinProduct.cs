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
                    for (int i = 0; i < a.Rows; i++)
                    {
                        MultiplyDots(a.At(i, 0), b.Block(0, j, b.Rows, width), c.At(i, j), alpha, beta);
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

    /// <summary>Up to four columns of b, each a sum of as many partial sums as a 256-bit vector has lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyDots(T* a, View<T> b, T* c, T alpha, T beta)
    {
        // Columns that do not exist are computed as the last one again.
        T* b0 = b.Data;
        T* b1 = b.At(0, Math.Min(1, b.Columns - 1));
        T* b2 = b.At(0, Math.Min(2, b.Columns - 1));
        T* b3 = b.At(0, b.Columns - 1);
        Vector256<T> s0 = default, s1 = default, s2 = default, s3 = default;
        nint k = 0;
        for (; k <= b.Rows - Vector256<T>.Count; k += Vector256<T>.Count)
        {
            Vector256<T> left = Vector256.Load(a + k);
            s0 = Fused.MultiplyAdd(left, Vector256.Load(b0 + k), s0);
            s1 = Fused.MultiplyAdd(left, Vector256.Load(b1 + k), s1);
            s2 = Fused.MultiplyAdd(left, Vector256.Load(b2 + k), s2);
            s3 = Fused.MultiplyAdd(left, Vector256.Load(b3 + k), s3);
        }

        T* sums = stackalloc T[4] { Sum(s0), Sum(s1), Sum(s2), Sum(s3) };
        for (; k < b.Rows; k++)
        {
            sums[0] += a[k] * b0[k];
            sums[1] += a[k] * b1[k];
            sums[2] += a[k] * b2[k];
            sums[3] += a[k] * b3[k];
        }

        for (int j = 0; j < b.Columns; j++)
        {
            T sum = alpha * sums[j == b.Columns - 1 ? 3 : j];
            c[j] = beta == T.Zero ? sum : sum + beta * c[j];
        }
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

    /// <summary>The sum of the lanes, in an order that does not depend on the machine.</summary>
    private static T Sum(Vector256<T> lanes)
    {
        T sum = T.Zero;
        for (int lane = 0; lane < Vector256<T>.Count; lane++)
        {
            sum += lanes[lane];
        }

        return sum;
    }
}
