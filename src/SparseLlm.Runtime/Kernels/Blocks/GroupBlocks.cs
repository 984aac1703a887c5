using System.Runtime.CompilerServices;
using SparseLlm.Runtime.Kernels.Elements;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Blocks;

/// <summary>Masked rows in which each vector has equally many values. What is read beyond the end is as in
/// <see cref="MaskedBlocks{TVector, TLanes, TElement}"/>.</summary>
internal unsafe struct GroupBlocks<TVector, TLanes, TElement> : IBlocks<GroupBlocks<TVector, TLanes, TElement>, TVector>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
    where TElement : struct, IElement
{
    private byte* values;
    private byte* mask;
    private byte* patterns;
    private nuint step;

    public static byte* Patterns => TElement.Patterns<TVector, TLanes>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GroupBlocks<TVector, TLanes, TElement> Begin(
        in StoredRows rows,
        long row,
        int column,
        byte* patterns) => new()
        {
            values = rows.Values + (rows.Start(row) + column / rows.GroupSize * rows.GroupKept) * TElement.Bytes,
            mask = rows.Mask + row * rows.MaskBytes + column / 8,
            patterns = patterns,
            step = (nuint)(rows.GroupKept * TLanes.Count / rows.GroupSize * TElement.Bytes),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Read(out TVector a, out TVector b, out TVector c, out TVector d)
    {
        Ahead.Fetch(values, 2 * TLanes.Count * TElement.Bytes);
        ulong bits = TLanes.LoadMask(mask);
        a = TElement.Expand<TVector, TLanes>(values, mask, bits, 0, patterns);
        b = TElement.Expand<TVector, TLanes>(values + step, mask, bits, 1, patterns);
        c = TElement.Expand<TVector, TLanes>(values + 2 * step, mask, bits, 2, patterns);
        d = TElement.Expand<TVector, TLanes>(values + 3 * step, mask, bits, 3, patterns);
        values += 4 * step;
        mask += TLanes.Count / 2;
    }

    // Counted: not every vector has its values here, and what has none must not be sought where it would have them.
    public static void ReadRest(
        in StoredRows rows,
        long row,
        int columns,
        out TVector a,
        out TVector b,
        out TVector c,
        out TVector d) =>
        MaskedBlocks<TVector, TLanes, TElement>.ReadRest(rows, row, columns, out a, out b, out c, out d);
}
