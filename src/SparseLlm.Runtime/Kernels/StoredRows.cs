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

    /// <summary>Values of all rows.</summary>
    public long Count { get; init; }

    /// <summary>Columns.</summary>
    public int Columns { get; init; }

    /// <summary>Bytes of a row's mask.</summary>
    public int MaskBytes => (Columns + 7) / 8;

    /// <summary>Where a row's values begin, counted in values; for the row behind the last, where all end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Start(long row) => Offsets is null ? row * RowValues : row == Rows ? Count : Offsets[row];
}
