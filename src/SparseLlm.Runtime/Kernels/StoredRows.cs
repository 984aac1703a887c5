using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Runtime.Kernels;

/// <summary>Where the rows of a matrix are.</summary>
internal readonly unsafe struct StoredRows
{
    /// <summary>The first row's first value.</summary>
    public byte* Values { get; init; }

    /// <summary>The first row's mask; null where the matrix is dense.</summary>
    public byte* Mask { get; init; }

    /// <summary>Where each row's values begin, counted in values; null where rows have equally many.</summary>
    public long* Offsets { get; init; }

    /// <summary>Values of a row, where rows have equally many.</summary>
    public long RowValues { get; init; }

    /// <summary>M of N:M.</summary>
    public int GroupSize { get; init; }

    /// <summary>N of N:M.</summary>
    public int GroupKept { get; init; }

    /// <summary>Rows.</summary>
    public long Rows { get; init; }

    /// <summary>Where the last row's values end, counted in values; used where rows have different numbers of
    /// them.</summary>
    public long Count { get; init; }

    /// <summary>Columns.</summary>
    public int Columns { get; init; }

    /// <summary>Bytes of a row's mask.</summary>
    public int MaskBytes => (Columns + 7) / 8;

    /// <summary>Where a row's values begin, counted in values; for the row behind the last, where all end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Start(long row) => Offsets is null ? row * RowValues : row == Rows ? Count : Offsets[row];

    /// <summary>Values that a row has before a column, which is a multiple of 64.</summary>
    public long CountBefore(long row, int column)
    {
        ulong* mask = (ulong*)(Mask + row * MaskBytes);
        long count = 0;
        for (int word = 0; word < column / 64; word++)
        {
            count += BitOperations.PopCount(mask[word]);
        }

        return count;
    }

    /// <summary>Some of the rows. Offsets stay those of the whole, so that the first row's values may begin
    /// anywhere.</summary>
    /// <param name="first">The first one.</param>
    /// <param name="count">How many.</param>
    /// <param name="elementBytes">Bytes of a value.</param>
    public StoredRows Slice(long first, long count, int elementBytes) => this with
    {
        Rows = count,
        Count = Start(first + count),
        Values = Offsets is null ? Values + Start(first) * elementBytes : Values,
        Mask = Mask is null ? null : Mask + first * MaskBytes,
        Offsets = Offsets is null ? null : Offsets + first,
    };
}
