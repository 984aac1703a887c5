using System.Buffers;
using System.Buffers.Binary;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// Weights that have been quantised, as codes and scales: all of a matrix's, or those that are not zero, with a mask.
/// Nothing is lost: a code times its scale, rounded to the tensor's type, is the weight to the bit.
/// </summary>
/// <param name="format">Their bits and groups.</param>
/// <param name="isSparse">Whether zeros are left out.</param>
internal sealed class CodeEncoding(CodeFormat format, bool isSparse) : IWeightEncoding
{
    private const string Dense = "int";
    private const string Sparse = "sparse-int";

    /// <inheritdoc/>
    public string Layout => FormattableString.Invariant($"{(isSparse ? Sparse : Dense)}{format.Bits}");

    /// <inheritdoc/>
    public CodeFormat Codes => format;

    /// <inheritdoc/>
    public string Kept => StoredPart.Codes;

    /// <summary>The encoding of that name; null if it is of none.</summary>
    public static CodeEncoding? TryParse(string layout, int group) => CodeFormat.AllBits
        .SelectMany(bits => new[] { true, false }.Select(isSparse => new CodeEncoding(new(bits, group), isSparse)))
        .FirstOrDefault(encoding => encoding.Layout == layout);

    /// <inheritdoc/>
    public bool Fits(MatrixShape matrix) => format.Fits(matrix);

    /// <inheritdoc/>
    public IReadOnlyList<StoredPart> Parts(TensorInfo tensor, MatrixShape matrix, long values) => isSparse
        ?
        [
            new(StoredPart.Codes, ElementType.U8, [values]),
            StoredPart.MaskOf(matrix),
            StoredPart.ScalesOf(matrix, format),
            new(StoredPart.RowOffsets, values <= int.MaxValue ? ElementType.I32 : ElementType.I64, [matrix.Rows]),
            StoredPart.DimensionsOf(tensor),
        ]
        :
        [
            new(StoredPart.Codes, ElementType.U8, [matrix.Rows, Elements(matrix.Columns)]),
            StoredPart.ScalesOf(matrix, format),
            StoredPart.DimensionsOf(tensor),
        ];

    /// <inheritdoc/>
    public void Select(ReadOnlySpan<byte> row, MatrixShape matrix, Span<byte> mask)
    {
        if (isSparse)
        {
            RowMask.Of(row, matrix.ElementBytes, mask);
        }
        else
        {
            RowMask.MarkAll(matrix, mask);
        }
    }

    /// <inheritdoc/>
    public long Elements(long marked) => format.ByteLength(marked);

    /// <inheritdoc/>
    public bool Ends(ReadOnlySpan<byte> values, long marked) => !isSparse || format.Ends(values, marked);

    /// <inheritdoc/>
    public int Store(
        ReadOnlySpan<byte> row,
        MatrixShape matrix,
        ReadOnlySpan<byte> mask,
        Span<byte> values,
        Span<byte> scales)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(matrix.Columns);
        Span<float> weights = buffer.AsSpan(0, matrix.Columns);
        NumberFormats.ToSingle(row, matrix.ElementType.Format(), weights);
        int count = 0;
        for (int start = 0; start < matrix.Columns; start += format.Group)
        {
            int end = Math.Min(start + format.Group, matrix.Columns);
            Half scale = KnownScale.Of(
                weights[start..end],
                matrix.ElementType.Format(),
                format.Least,
                format.Most)
                ?? Half.Zero;
            BinaryPrimitives.WriteHalfLittleEndian(scales[(start / format.Group * sizeof(ushort))..], scale);
            float inverse = scale == Half.Zero ? 0 : 1 / (float)scale;
            for (int column = start; column < end; column++)
            {
                if (RowMask.IsMarked(mask, column))
                {
                    Write(values, count++, (int)MathF.Round(weights[column] * inverse));
                }
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
        return (int)Elements(count);
    }

    /// <inheritdoc/>
    public void Restore(
        ReadOnlySpan<byte> values,
        MatrixShape matrix,
        ReadOnlySpan<byte> mask,
        ReadOnlySpan<byte> scales,
        Span<byte> row)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(matrix.Columns);
        Span<float> weights = buffer.AsSpan(0, matrix.Columns);
        int count = 0;
        for (int start = 0; start < matrix.Columns; start += format.Group)
        {
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(
                scales[(start / format.Group * sizeof(ushort))..]);
            int end = Math.Min(start + format.Group, matrix.Columns);
            for (int column = start; column < end; column++)
            {
                int code = RowMask.IsMarked(mask, column) ? Read(values, count++) : 0;
                weights[column] = code == 0 ? 0 : code * scale;
            }
        }

        NumberFormats.FromSingle(weights, matrix.ElementType.Format(), row);
        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <inheritdoc/>
    public void ReadStarts(PackedTensor tensor, StoredReader read, long firstRow, Span<long> starts)
    {
        if (isSparse)
        {
            RowStarts.Read(tensor, read, firstRow, starts);
            return;
        }

        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = (firstRow + i) * Elements(tensor.Matrix.Columns);
        }
    }

    /// <inheritdoc/>
    public string? Problem(MatrixShape matrix, ReadOnlySpan<byte> mask) => null;

    private void Write(Span<byte> values, int index, int code)
    {
        if (format.Bits == 8)
        {
            values[index] = (byte)(sbyte)code;
        }
        else if (index % 2 == 0)
        {
            values[index / 2] = (byte)(code & 0xF);
        }
        else
        {
            values[index / 2] |= (byte)(code << 4);
        }
    }

    private int Read(ReadOnlySpan<byte> values, int index) => format.Bits == 8
        ? (sbyte)values[index]
        : (sbyte)(values[index / 2] << (index % 2 == 0 ? 4 : 0)) >> 4;
}
