using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Runtime.Kernels.Blocks;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels;

/// <summary>Rows of a matrix as floats.</summary>
internal static unsafe class RowExpansion<TVector, TLanes, TBlocks>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
    where TBlocks : struct, IBlocks<TBlocks, TVector>
{
    private static int Block => 4 * TLanes.Count;

    /// <summary>Writes a part of some rows, and up to a whole block of zeros behind the end of a row.</summary>
    /// <param name="rows">The matrix.</param>
    /// <param name="first">The first row.</param>
    /// <param name="column">The first column, a multiple of <see cref="PaddedVectors.Multiple"/>.</param>
    /// <param name="tile">Where they go; as many columns as end with the matrix, or where a block does.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand(in StoredRows rows, long first, int column, View<float> tile)
    {
        byte* patterns = TBlocks.Patterns;
        nint whole = tile.Columns / Block * Block;
        int rest = tile.Columns - (int)whole;
        float* target = tile.Data;
        for (long row = first; row < first + tile.Rows; row++)
        {
            TBlocks blocks = TBlocks.Begin(rows, row, column, patterns);
            for (nint i = 0; i < whole; i += Block)
            {
                blocks.Read(out TVector a, out TVector b, out TVector c, out TVector d);
                Store(a, b, c, d, target + i);
            }

            if (rest > 0)
            {
                TBlocks.ReadRest(rows, row, rest, out TVector a, out TVector b, out TVector c, out TVector d);
                Store(a, b, c, d, target + whole);
            }

            target += tile.RowStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector a, TVector b, TVector c, TVector d, float* target)
    {
        TLanes.Store(a, target);
        TLanes.Store(b, target + TLanes.Count);
        TLanes.Store(c, target + 2 * TLanes.Count);
        TLanes.Store(d, target + 3 * TLanes.Count);
    }
}
