using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// Products with few rows in a, where packing b would take longer than the product: b is read once, as it lies in
/// memory.
/// </summary>
internal sealed unsafe class ThinProduct<T>(WorkerTeam team)
    where T : unmanaged, INumber<T>
{
    private const int MostRows = 4;

    /// <summary>A transposed b has its terms side by side, and its columns in the cache for one row of a after the
    /// other.</summary>
    private const int MostRowsTransposed = 16;

    private const int ColumnsPerItem = 64;
    private const int WideColumnsPerItem = 256;
    private const int TileRows = 4;
    private const int TileColumns = 4;

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
                for (int j = (int)start; j < start + count; j += TileColumns)
                {
                    int width = (int)Math.Min(TileColumns, start + count - j);
                    for (int i = 0; i < a.Rows; i += TileRows)
                    {
                        int rows = Math.Min(TileRows, a.Rows - i);
                        MultiplyDots(
                            a.Block(i, 0, rows, a.Columns),
                            b.Block(0, j, b.Rows, width),
                            c.Block(i, j, rows, width),
                            alpha,
                            beta);
                    }
                }
            });
        }
        else
        {
            team.RunChunks(c.Columns, WideColumnsPerItem, (start, count) => MultiplyRows(
                a, b.Block(0, (int)start, b.Rows, (int)count), c.Block(
                    0,
                    (int)start,
                    c.Rows,
                    (int)count), alpha, beta));
        }
    }

    /// <summary>
    /// Up to four rows of a with up to four columns of b, each product a sum of as many partial sums as a 256-bit
    /// vector has lanes. Rows and columns that do not exist are computed as the last one again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyDots(View<T> a, View<T> b, View<T> c, T alpha, T beta)
    {
        T* a0 = a.Data;
        T* a1 = a.At(Math.Min(1, a.Rows - 1), 0);
        T* a2 = a.At(Math.Min(2, a.Rows - 1), 0);
        T* a3 = a.At(a.Rows - 1, 0);
        T* b0 = b.Data;
        T* b1 = b.At(0, Math.Min(1, b.Columns - 1));
        T* b2 = b.At(0, Math.Min(2, b.Columns - 1));
        T* b3 = b.At(0, b.Columns - 1);
        nint vectors = b.Rows / Vector256<T>.Count * Vector256<T>.Count;
        T* sums = stackalloc T[TileRows * TileColumns];
        if (a.Rows > 2 && Vector512.IsHardwareAccelerated)
        {
            DotFourRows(a0, a1, a2, a3, b0, b1, b2, b3, vectors, sums);
        }
        else
        {
            DotTwoRows(a0, a1, b0, b1, b2, b3, vectors, sums);
            if (a.Rows > 2)
            {
                DotTwoRows(a2, a3, b0, b1, b2, b3, vectors, sums + 2 * TileColumns);
            }
        }

        for (int i = 0; i < a.Rows; i++)
        {
            // The last row and column stand where a tile's last ones do.
            T* row = sums + TileColumns * (i == a.Rows - 1 && i > 1 ? TileRows - 1 : i);
            T* left = a.At(i, 0);
            for (nint k = vectors; k < b.Rows; k++)
            {
                row[0] += left[k] * b0[k];
                row[1] += left[k] * b1[k];
                row[2] += left[k] * b2[k];
                row[3] += left[k] * b3[k];
            }

            for (int j = 0; j < b.Columns; j++)
            {
                T sum = alpha * row[j == b.Columns - 1 ? TileColumns - 1 : j];
                T* result = c.At(i, j);
                *result = beta == T.Zero ? sum : sum + beta * *result;
            }
        }
    }

    /// <summary>Two rows of a with four columns of b: what sixteen registers hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotTwoRows(T* a0, T* a1, T* b0, T* b1, T* b2, T* b3, nint count, T* sums)
    {
        Vector256<T> s00 = default, s01 = default, s02 = default, s03 = default;
        Vector256<T> s10 = default, s11 = default, s12 = default, s13 = default;
        for (nint k = 0; k < count; k += Vector256<T>.Count)
        {
            Vector256<T> left0 = Vector256.Load(a0 + k);
            Vector256<T> left1 = Vector256.Load(a1 + k);
            Vector256<T> right = Vector256.Load(b0 + k);
            s00 = Fused.MultiplyAdd(left0, right, s00);
            s10 = Fused.MultiplyAdd(left1, right, s10);
            right = Vector256.Load(b1 + k);
            s01 = Fused.MultiplyAdd(left0, right, s01);
            s11 = Fused.MultiplyAdd(left1, right, s11);
            right = Vector256.Load(b2 + k);
            s02 = Fused.MultiplyAdd(left0, right, s02);
            s12 = Fused.MultiplyAdd(left1, right, s12);
            right = Vector256.Load(b3 + k);
            s03 = Fused.MultiplyAdd(left0, right, s03);
            s13 = Fused.MultiplyAdd(left1, right, s13);
        }

        T* lanes = stackalloc T[2 * TileColumns * Vector256<T>.Count];
        s00.Store(lanes);
        s01.Store(lanes + Vector256<T>.Count);
        s02.Store(lanes + 2 * Vector256<T>.Count);
        s03.Store(lanes + 3 * Vector256<T>.Count);
        s10.Store(lanes + 4 * Vector256<T>.Count);
        s11.Store(lanes + 5 * Vector256<T>.Count);
        s12.Store(lanes + 6 * Vector256<T>.Count);
        s13.Store(lanes + 7 * Vector256<T>.Count);
        SumLanes(lanes, sums);
    }

    /// <summary>Four rows of a with four columns of b, for processors with 32 registers: half the loads, and the same
    /// bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotFourRows(T* a0, T* a1, T* a2, T* a3, T* b0, T* b1, T* b2, T* b3, nint count, T* sums)
    {
        Vector256<T> s00 = default, s01 = default, s02 = default, s03 = default;
        Vector256<T> s10 = default, s11 = default, s12 = default, s13 = default;
        Vector256<T> s20 = default, s21 = default, s22 = default, s23 = default;
        Vector256<T> s30 = default, s31 = default, s32 = default, s33 = default;
        for (nint k = 0; k < count; k += Vector256<T>.Count)
        {
            Vector256<T> left0 = Vector256.Load(a0 + k);
            Vector256<T> left1 = Vector256.Load(a1 + k);
            Vector256<T> left2 = Vector256.Load(a2 + k);
            Vector256<T> left3 = Vector256.Load(a3 + k);
            Vector256<T> right = Vector256.Load(b0 + k);
            s00 = Fused.MultiplyAdd(left0, right, s00);
            s10 = Fused.MultiplyAdd(left1, right, s10);
            s20 = Fused.MultiplyAdd(left2, right, s20);
            s30 = Fused.MultiplyAdd(left3, right, s30);
            right = Vector256.Load(b1 + k);
            s01 = Fused.MultiplyAdd(left0, right, s01);
            s11 = Fused.MultiplyAdd(left1, right, s11);
            s21 = Fused.MultiplyAdd(left2, right, s21);
            s31 = Fused.MultiplyAdd(left3, right, s31);
            right = Vector256.Load(b2 + k);
            s02 = Fused.MultiplyAdd(left0, right, s02);
            s12 = Fused.MultiplyAdd(left1, right, s12);
            s22 = Fused.MultiplyAdd(left2, right, s22);
            s32 = Fused.MultiplyAdd(left3, right, s32);
            right = Vector256.Load(b3 + k);
            s03 = Fused.MultiplyAdd(left0, right, s03);
            s13 = Fused.MultiplyAdd(left1, right, s13);
            s23 = Fused.MultiplyAdd(left2, right, s23);
            s33 = Fused.MultiplyAdd(left3, right, s33);
        }

        T* lanes = stackalloc T[TileRows * TileColumns * Vector256<T>.Count];
        s00.Store(lanes);
        s01.Store(lanes + Vector256<T>.Count);
        s02.Store(lanes + 2 * Vector256<T>.Count);
        s03.Store(lanes + 3 * Vector256<T>.Count);
        s10.Store(lanes + 4 * Vector256<T>.Count);
        s11.Store(lanes + 5 * Vector256<T>.Count);
        s12.Store(lanes + 6 * Vector256<T>.Count);
        s13.Store(lanes + 7 * Vector256<T>.Count);
        s20.Store(lanes + 8 * Vector256<T>.Count);
        s21.Store(lanes + 9 * Vector256<T>.Count);
        s22.Store(lanes + 10 * Vector256<T>.Count);
        s23.Store(lanes + 11 * Vector256<T>.Count);
        s30.Store(lanes + 12 * Vector256<T>.Count);
        s31.Store(lanes + 13 * Vector256<T>.Count);
        s32.Store(lanes + 14 * Vector256<T>.Count);
        s33.Store(lanes + 15 * Vector256<T>.Count);
        SumLanes(lanes, sums);
        SumLanes(lanes + 2 * TileColumns * Vector256<T>.Count, sums + 2 * TileColumns);
    }

    /// <summary>The sums of the lanes of eight vectors, side by side, each in the order of its lanes, which does not
    /// depend on the machine.</summary>
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
