using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>Zeros anywhere: the layout that compressed-tensors has published as <c>sparse-bitmask</c>. Where the values
/// of a row begin is stored with it.</summary>
public sealed class BitmaskEncoding : IWeightEncoding
{
    /// <summary>The layout's name.</summary>
    public const string Name = "bitmask";

    /// <inheritdoc/>
    public string Layout => Name;

    /// <inheritdoc/>
    public bool Fits(MatrixShape matrix) => true;

    /// <inheritdoc/>
    public IReadOnlyList<StoredPart> Parts(TensorInfo tensor, MatrixShape matrix, long values) =>
    [
        new(StoredPart.Values, matrix.ElementType, [values]),
        StoredPart.MaskOf(matrix),
        new(StoredPart.RowOffsets, ElementType.I64, [matrix.Rows]),
        StoredPart.DimensionsOf(tensor),
    ];

    /// <inheritdoc/>
    public void Select(ReadOnlySpan<byte> row, MatrixShape matrix, Span<byte> mask)
        => RowMask.Of(row, matrix.ElementBytes, mask);

    /// <inheritdoc/>
    public void ReadStarts(PackedTensor tensor, StoredReader read, long firstRow, Span<long> starts)
    {
        bool isEnd = firstRow + starts.Length > tensor.Matrix.Rows;
        Span<long> stored = isEnd ? starts[..^1] : starts;
        read(tensor.Part(StoredPart.RowOffsets), firstRow * sizeof(long), MemoryMarshal.AsBytes(stored));
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(stored, stored);
        }

        long values = tensor.Part(StoredPart.Values).ElementCount;
        if (isEnd)
        {
            starts[^1] = values;
        }

        Check(tensor, firstRow, starts, values);
    }

    /// <inheritdoc/>
    public string? Problem(MatrixShape matrix, ReadOnlySpan<byte> mask) => null;

    private static void Check(PackedTensor tensor, long firstRow, ReadOnlySpan<long> starts, long values)
    {
        if (firstRow == 0 && starts[0] != 0)
        {
            throw tensor.Malformed(
                FormattableString.Invariant($"{StoredPart.RowOffsets} begins with {starts[0]} and not with 0"));
        }

        for (int i = 0; i < starts.Length; i++)
        {
            if (starts[i] < 0 || starts[i] > values || (i > 0 && starts[i] < starts[i - 1]))
            {
                throw tensor.Malformed(string.Create(CultureInfo.InvariantCulture,
                    $"{StoredPart.RowOffsets} has row {firstRow + i} begin at value {starts[i]}, which is "
                    + $"{(starts[i] > values ? $"beyond the {values} values" : "before the row above it")}"));
            }
        }
    }
}
