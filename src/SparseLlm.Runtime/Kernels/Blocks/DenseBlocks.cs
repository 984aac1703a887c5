using System.Runtime.CompilerServices;
using SparseLlm.Runtime.Kernels.Elements;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Blocks;

/// <summary>Rows that have all of their weights. Nothing is read beyond the last one.</summary>
internal unsafe struct DenseBlocks<TVector, TLanes, TElement> : IBlocks<DenseBlocks<TVector, TLanes, TElement>, TVector>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
    where TElement : struct, IElement
{
    private byte* values;

    public static byte* Patterns => null;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DenseBlocks<TVector, TLanes, TElement> Begin(in StoredRows rows, long row, int column, byte* patterns)
        =>
        new() { values = rows.Values + (row * rows.Columns + column) * TElement.Bytes };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Read(out TVector a, out TVector b, out TVector c, out TVector d)
    {
        byte* block = values;
        a = TElement.Load<TVector, TLanes>(block);
        b = TElement.Load<TVector, TLanes>(block + TLanes.Count * TElement.Bytes);
        c = TElement.Load<TVector, TLanes>(block + 2 * TLanes.Count * TElement.Bytes);
        d = TElement.Load<TVector, TLanes>(block + 3 * TLanes.Count * TElement.Bytes);
        values = block + 4 * TLanes.Count * TElement.Bytes;
    }

    public static void ReadRest(
        in StoredRows rows,
        long row,
        int columns,
        out TVector a,
        out TVector b,
        out TVector c,
        out TVector d)
    {
        byte* block = stackalloc byte[4 * TLanes.Count * TElement.Bytes];
        new Span<byte>(block, 4 * TLanes.Count * TElement.Bytes).Clear();
        int bytes = columns * TElement.Bytes;
        Buffer.MemoryCopy(rows.Values + (row + 1) * rows.Columns * TElement.Bytes - bytes, block, bytes, bytes);
        new DenseBlocks<TVector, TLanes, TElement> { values = block }.Read(out a, out b, out c, out d);
    }
}
