using System.Runtime.CompilerServices;
using SparseLlm.Runtime.Kernels.Elements;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Blocks;

/// <summary>
/// Rows of which only the weights are stored that a mask marks. How many there are up to each vector is known from the
/// mask alone, so that no load waits for the one before. Behind the last value, up to 64 bytes are read that belong to
/// nothing, and up to 8 behind the last mask.
/// </summary>
internal unsafe struct MaskedBlocks<TVector, TLanes, TElement> : IBlocks<MaskedBlocks<TVector, TLanes, TElement>,
    TVector>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
    where TElement : struct, IElement
{
    private byte* values;
    private byte* mask;
    private byte* patterns;

    public static byte* Patterns => TElement.Patterns<TVector, TLanes>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MaskedBlocks<TVector, TLanes, TElement> Begin(
        in StoredRows rows,
        long row,
        int column,
        byte* patterns) => new()
        {
            values = rows.Values
                + (rows.Start(row) + (column == 0 ? 0 : rows.CountBefore(row, column))) * TElement.Bytes,
            mask = rows.Mask + row * rows.MaskBytes + column / 8,
            patterns = patterns,
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Read(out TVector a, out TVector b, out TVector c, out TVector d)
    {
        Ahead.Fetch(values, 2 * TLanes.Count * TElement.Bytes);
        Expand(values, mask, patterns, out a, out b, out c, out d);
        values += TLanes.PopCount(TLanes.LoadMask(mask)) * (nuint)TElement.Bytes;
        mask += TLanes.Count / 2;
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
        // The bits behind the last column are those of the next row.
        ulong* mask = stackalloc ulong[2];
        mask[0] = *(ulong*)(rows.Mask + row * rows.MaskBytes + rows.Columns / (4 * TLanes.Count) * (TLanes.Count / 2))
            & ((1UL << columns) - 1);
        byte* values = rows.Values + (rows.Start(row + 1) - (long)TLanes.PopCount(mask[0])) * TElement.Bytes;
        Expand(values, (byte*)mask, Patterns, out a, out b, out c, out d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Expand(
        byte* values,
        byte* mask,
        byte* patterns,
        out TVector a,
        out TVector b,
        out TVector c,
        out TVector d)
    {
        ulong bits = TLanes.LoadMask(mask);
        a = TElement.Expand<TVector, TLanes>(values, mask, bits, 0, patterns);
        b = TElement.Expand<TVector, TLanes>(
            values + TLanes.PopCount(bits & ((1UL << TLanes.Count) - 1)) * (nuint)TElement.Bytes,
            mask,
            bits,
            1,
            patterns);
        c = TElement.Expand<TVector, TLanes>(
            values + TLanes.PopCount(bits & ((1UL << (2 * TLanes.Count)) - 1)) * (nuint)TElement.Bytes,
            mask,
            bits,
            2,
            patterns);
        d = TElement.Expand<TVector, TLanes>(
            values + TLanes.PopCount(bits & ((1UL << (3 * TLanes.Count)) - 1)) * (nuint)TElement.Bytes,
            mask,
            bits,
            3,
            patterns);
    }
}
