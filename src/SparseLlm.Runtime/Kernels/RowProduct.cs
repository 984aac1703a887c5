using System.Runtime.CompilerServices;
using SparseLlm.Runtime.Kernels.Blocks;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels;

/// <summary>
/// Rows of a matrix times vectors. A row's block of weights is made once and meets up to four vectors. Each product has
/// four sums, one for each vector of a block, so that its bits do not depend on how many vectors or rows there are.
/// </summary>
internal static unsafe class RowProduct<TVector, TLanes, TBlocks>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
    where TBlocks : struct, IBlocks<TBlocks, TVector>
{
    private const int CachedWeights = 1 << 15;

    private static int Block => 4 * TLanes.Count;

    /// <summary>results[v][row] = rows[row] * vectors[v].</summary>
    /// <param name="rows">The matrix.</param>
    /// <param name="first">The first row.</param>
    /// <param name="end">The row behind the last one.</param>
    /// <param name="vectors">Vectors with as many floats as there are columns, and zeros behind them up to a multiple
    /// of <see cref="PaddedVectors.Multiple"/>.</param>
    /// <param name="results">For each vector as many floats as there are rows in the matrix.</param>
    public static void Multiply(in StoredRows rows, long first, long end, Vectors vectors, Vectors results)
    {
        // What more than one pass goes through has to stay in the cache until the next.
        long step = vectors.Count <= 2 ? end - first : Math.Max(1, CachedWeights / rows.Columns);
        for (long start = first; start < end; start += step)
        {
            MultiplyWhole(rows, start, Math.Min(start + step, end), vectors, results);
        }

        int rest = rows.Columns % Block;
        if (rest > 0)
        {
            AddRests(rows, first, end, rest, vectors, results);
        }
    }

    private static void MultiplyWhole(in StoredRows rows, long first, long end, Vectors vectors, Vectors results)
    {
        int vector = 0;
        if (TLanes.Count == 16)
        {
            // With 32 registers.
            for (; vector + 4 <= vectors.Count; vector += 4)
            {
                MultiplyFour(rows, first, end, TBlocks.Patterns, vectors.Part(vector, 4), results.Part(vector, 4));
            }
        }

        for (; vector + 2 <= vectors.Count; vector += 2)
        {
            MultiplyTwo(rows, first, end, TBlocks.Patterns, vectors.Part(vector, 2), results.Part(vector, 2));
        }

        if (vector < vectors.Count)
        {
            MultiplyOne(rows, first, end, TBlocks.Patterns, vectors.Part(vector, 1), results.Part(vector, 1));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyOne(
        in StoredRows rows,
        long first,
        long end,
        byte* patterns,
        Vectors vectors,
        Vectors results)
    {
        nint whole = rows.Columns / Block * Block;
        float* x = vectors.Data;
        for (long row = first; row < end; row++)
        {
            TVector a = default, b = default, c = default, d = default;
            TBlocks blocks = TBlocks.Begin(rows, row, 0, patterns);
            for (nint column = 0; column < whole; column += Block)
            {
                blocks.Read(out TVector w0, out TVector w1, out TVector w2, out TVector w3);
                a = TLanes.MultiplyAdd(w0, TLanes.Load(x + column), a);
                b = TLanes.MultiplyAdd(w1, TLanes.Load(x + column + TLanes.Count), b);
                c = TLanes.MultiplyAdd(w2, TLanes.Load(x + column + 2 * TLanes.Count), c);
                d = TLanes.MultiplyAdd(w3, TLanes.Load(x + column + 3 * TLanes.Count), d);
            }

            results.Data[row] = TLanes.Sum(a, b, c, d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTwo(
        in StoredRows rows,
        long first,
        long end,
        byte* patterns,
        Vectors vectors,
        Vectors results)
    {
        nint whole = rows.Columns / Block * Block;
        float* x = vectors.Data;
        nint next = vectors.Stride;
        for (long row = first; row < end; row++)
        {
            TVector a0 = default, b0 = default, c0 = default, d0 = default;
            TVector a1 = default, b1 = default, c1 = default, d1 = default;
            TBlocks blocks = TBlocks.Begin(rows, row, 0, patterns);
            for (nint column = 0; column < whole; column += Block)
            {
                blocks.Read(out TVector w0, out TVector w1, out TVector w2, out TVector w3);
                float* values = x + column;
                a0 = TLanes.MultiplyAdd(w0, TLanes.Load(values), a0);
                b0 = TLanes.MultiplyAdd(w1, TLanes.Load(values + TLanes.Count), b0);
                c0 = TLanes.MultiplyAdd(w2, TLanes.Load(values + 2 * TLanes.Count), c0);
                d0 = TLanes.MultiplyAdd(w3, TLanes.Load(values + 3 * TLanes.Count), d0);
                values += next;
                a1 = TLanes.MultiplyAdd(w0, TLanes.Load(values), a1);
                b1 = TLanes.MultiplyAdd(w1, TLanes.Load(values + TLanes.Count), b1);
                c1 = TLanes.MultiplyAdd(w2, TLanes.Load(values + 2 * TLanes.Count), c1);
                d1 = TLanes.MultiplyAdd(w3, TLanes.Load(values + 3 * TLanes.Count), d1);
            }

            results.Data[row] = TLanes.Sum(a0, b0, c0, d0);
            results.Data[results.Stride + row] = TLanes.Sum(a1, b1, c1, d1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyFour(
        in StoredRows rows,
        long first,
        long end,
        byte* patterns,
        Vectors vectors,
        Vectors results)
    {
        nint whole = rows.Columns / Block * Block;
        float* x = vectors.Data;
        nint next = vectors.Stride;
        for (long row = first; row < end; row++)
        {
            TVector a0 = default, b0 = default, c0 = default, d0 = default;
            TVector a1 = default, b1 = default, c1 = default, d1 = default;
            TVector a2 = default, b2 = default, c2 = default, d2 = default;
            TVector a3 = default, b3 = default, c3 = default, d3 = default;
            TBlocks blocks = TBlocks.Begin(rows, row, 0, patterns);
            for (nint column = 0; column < whole; column += Block)
            {
                blocks.Read(out TVector w0, out TVector w1, out TVector w2, out TVector w3);
                float* values = x + column;
                a0 = TLanes.MultiplyAdd(w0, TLanes.Load(values), a0);
                b0 = TLanes.MultiplyAdd(w1, TLanes.Load(values + TLanes.Count), b0);
                c0 = TLanes.MultiplyAdd(w2, TLanes.Load(values + 2 * TLanes.Count), c0);
                d0 = TLanes.MultiplyAdd(w3, TLanes.Load(values + 3 * TLanes.Count), d0);
                values += next;
                a1 = TLanes.MultiplyAdd(w0, TLanes.Load(values), a1);
                b1 = TLanes.MultiplyAdd(w1, TLanes.Load(values + TLanes.Count), b1);
                c1 = TLanes.MultiplyAdd(w2, TLanes.Load(values + 2 * TLanes.Count), c1);
                d1 = TLanes.MultiplyAdd(w3, TLanes.Load(values + 3 * TLanes.Count), d1);
                values += next;
                a2 = TLanes.MultiplyAdd(w0, TLanes.Load(values), a2);
                b2 = TLanes.MultiplyAdd(w1, TLanes.Load(values + TLanes.Count), b2);
                c2 = TLanes.MultiplyAdd(w2, TLanes.Load(values + 2 * TLanes.Count), c2);
                d2 = TLanes.MultiplyAdd(w3, TLanes.Load(values + 3 * TLanes.Count), d2);
                values += next;
                a3 = TLanes.MultiplyAdd(w0, TLanes.Load(values), a3);
                b3 = TLanes.MultiplyAdd(w1, TLanes.Load(values + TLanes.Count), b3);
                c3 = TLanes.MultiplyAdd(w2, TLanes.Load(values + 2 * TLanes.Count), c3);
                d3 = TLanes.MultiplyAdd(w3, TLanes.Load(values + 3 * TLanes.Count), d3);
            }

            results.Data[row] = TLanes.Sum(a0, b0, c0, d0);
            results.Data[results.Stride + row] = TLanes.Sum(a1, b1, c1, d1);
            results.Data[2 * results.Stride + row] = TLanes.Sum(a2, b2, c2, d2);
            results.Data[3 * results.Stride + row] = TLanes.Sum(a3, b3, c3, d3);
        }
    }

    /// <summary>What rows have behind their last whole block. It is not part of the loops above: sums that have to
    /// outlive a call are kept in memory, in the loop before it too.</summary>
    private static void AddRests(
        in StoredRows rows,
        long first,
        long end,
        int columns,
        Vectors vectors,
        Vectors results)
    {
        for (long row = first; row < end; row++)
        {
            TBlocks.ReadRest(rows, row, columns, out TVector a, out TVector b, out TVector c, out TVector d);
            for (int vector = 0; vector < results.Count; vector++)
            {
                float* values = vectors.Data + vector * vectors.Stride + rows.Columns - columns;
                results.Data[vector * results.Stride + row] += TLanes.Sum(
                    TLanes.MultiplyAdd(a, TLanes.Load(values), default),
                    TLanes.MultiplyAdd(b, TLanes.Load(values + TLanes.Count), default),
                    TLanes.MultiplyAdd(c, TLanes.Load(values + 2 * TLanes.Count), default),
                    TLanes.MultiplyAdd(d, TLanes.Load(values + 3 * TLanes.Count), default));
            }
        }
    }
}
