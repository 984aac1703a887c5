using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// N of each M consecutive weights of a row: every row has equally many values, so that none has to be looked for. A
/// group that has fewer weights that are not zero keeps as many zeros, the first ones.
/// </summary>
/// <param name="pattern">The pattern.</param>
internal sealed class GroupEncoding(GroupPattern pattern) : IWeightEncoding
{
    /// <summary>The pattern.</summary>
    public GroupPattern Pattern => pattern;

    /// <inheritdoc/>
    public string Layout => pattern.ToString();

    /// <summary>The encoding of that name; null if it is of none.</summary>
    public static GroupEncoding? TryParse(string layout)
    {
        string[] parts = layout.Split(':');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int kept)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int size)
            && GroupPattern.Sizes.Contains(size) && kept > 0 && kept < size && new GroupPattern(
                kept,
                size) is var pattern && pattern.ToString() == layout
            ? new GroupEncoding(pattern)
            : null;
    }

    /// <inheritdoc/>
    public bool Fits(MatrixShape matrix) => matrix.Columns % pattern.Size == 0;

    /// <inheritdoc/>
    public IReadOnlyList<StoredPart> Parts(TensorInfo tensor, MatrixShape matrix, long values) =>
    [
        new(StoredPart.Values, matrix.ElementType, [matrix.Rows, RowValues(matrix)]),
        StoredPart.MaskOf(matrix),
        StoredPart.DimensionsOf(tensor),
    ];

    /// <inheritdoc/>
    public void Select(ReadOnlySpan<byte> row, MatrixShape matrix, Span<byte> mask)
    {
        RowMask.Of(row, matrix.ElementBytes, mask);
        for (int start = 0; start < matrix.Columns; start += pattern.Size)
        {
            uint group = RowMask.Bits(mask, start, pattern.Size);
            for (int missing = pattern.Kept - BitOperations.PopCount(group); missing > 0; missing--)
            {
                int column = start + BitOperations.TrailingZeroCount(~group);
                mask[column / 8] |= (byte)(1 << (column % 8));
                group |= 1u << (column - start);
            }
        }
    }

    /// <inheritdoc/>
    public void ReadStarts(PackedTensor tensor, StoredReader read, long firstRow, Span<long> starts)
    {
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = (firstRow + i) * RowValues(tensor.Matrix);
        }
    }

    /// <inheritdoc/>
    public string? Problem(MatrixShape matrix, ReadOnlySpan<byte> mask)
    {
        ulong expected = (ulong)pattern.Kept * (ulong.MaxValue / ((1UL << pattern.Size) - 1));
        int start = 0;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(mask))
        {
            if (RowMask.GroupCounts(word, pattern.Size) != expected)
            {
                break;
            }

            start += 8 * sizeof(ulong);
        }

        for (; start < matrix.Columns; start += pattern.Size)
        {
            int count = BitOperations.PopCount(RowMask.Bits(mask, start, pattern.Size));
            if (count != pattern.Kept)
            {
                return string.Create(CultureInfo.InvariantCulture,
                    $"keeps {count} of the {pattern.Size} weights from column {start} on, where the layout is "
                    + $"{pattern}");
            }
        }

        return null;
    }

    private int RowValues(MatrixShape matrix) => matrix.Columns / pattern.Size * pattern.Kept;
}
