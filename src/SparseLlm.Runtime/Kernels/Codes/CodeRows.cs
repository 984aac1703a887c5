using System.Numerics;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>Where the rows of a matrix of codes are.</summary>
internal readonly unsafe struct CodeRows
{
    /// <summary>Columns that are multiplied together; a group of codes has half as many, or a multiple.</summary>
    public const int Block = 64;

    /// <summary>Rows of a width.</summary>
    /// <param name="columns">Columns.</param>
    /// <param name="group">Columns that share a scale: 32, 64, 128, 256 or all.</param>
    public CodeRows(int columns, int group)
    {
        Columns = columns;
        Group = group;
        Groups = (columns + group - 1) / group;
        GroupShift = group == columns ? 31 : BitOperations.Log2((uint)group);
    }

    /// <summary>The first row's first code.</summary>
    public byte* Codes { get; init; }

    /// <summary>The first row's mask; null where all weights have codes.</summary>
    public byte* Mask { get; init; }

    /// <summary>Half-precision scales of the first row's groups.</summary>
    public ushort* Scales { get; init; }

    /// <summary>Where each row's codes begin, in bytes from those of the whole tensor: of 32 bits each, or null.</summary>
    public int* Starts { get; init; }

    /// <summary>The same of 64 bits each, or null. Rows of a matrix without mask have equally many bytes.</summary>
    public long* LongStarts { get; init; }

    /// <summary>Where the last row's codes end.</summary>
    public long End { get; init; }

    /// <summary>Rows.</summary>
    public long Rows { get; init; }

    /// <summary>Columns.</summary>
    public int Columns { get; }

    /// <summary>Bits of a code: 4 or 8.</summary>
    public int Bits { get; init; }

    /// <summary>Bytes of a row's mask.</summary>
    public int MaskBytes => (int)(((uint)Columns + 7) / 8);

    /// <summary>Groups of a row.</summary>
    public int Groups { get; }

    /// <summary>Columns that share a scale.</summary>
    public int Group { get; }

    /// <summary>The binary logarithm of the columns that share a scale; where they are all of a row, one so great that
    /// all are in the first group.</summary>
    public int GroupShift { get; }

    /// <summary>Bytes of the codes of a row that has so many.</summary>
    public long CodeBytes(long codes) => Bits == 4 ? (codes + 1) / 2 : codes;

    /// <summary>Codes that so many bytes hold, or one more than they do.</summary>
    public long CodesIn(long bytes) => Bits == 4 ? 2 * bytes : bytes;

    /// <summary>Where a row's codes begin; for the row behind the last, where all end.</summary>
    public long Start(long row) =>
        Mask is null ? row * CodeBytes(Columns)
        : row == Rows ? End
        : Starts is not null ? Starts[row]
        : LongStarts[row];

    /// <summary>How many weights a row keeps of some columns.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The first column, a multiple of 64.</param>
    /// <param name="width">How many: as many as a row has from there on, or a multiple of 64.</param>
    public int Count(long row, int column, int width)
    {
        byte* mask = Mask + row * MaskBytes + column / 8;
        int count = 0;
        int word = 0;
        for (; word < width / 64; word++)
        {
            count += BitOperations.PopCount(((ulong*)mask)[word]);
        }

        return width % 64 == 0
            ? count
            : count + BitOperations.PopCount(((ulong*)mask)[word] & ((1UL << (width % 64)) - 1));
    }

    /// <summary>Some of the rows. Starts stay those of the whole.</summary>
    /// <param name="first">The first one.</param>
    /// <param name="count">How many.</param>
    public CodeRows Slice(long first, long count) => this with
    {
        Rows = count,
        End = Start(first + count),
        Codes = Mask is null ? Codes + Start(first) : Codes,
        Mask = Mask is null ? null : Mask + first * MaskBytes,
        Scales = Scales + first * Groups,
        Starts = Starts is null ? null : Starts + first,
        LongStarts = LongStarts is null ? null : LongStarts + first,
    };
}
