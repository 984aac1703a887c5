using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>How a tensor is stored that is packed: its encoding, and the tensors of the file that are its
/// parts.</summary>
internal sealed class PackedTensor
{
    // Of rows that are decoded at a time, where one row is not longer.
    private const int PieceLength = 1 << 18;

    private readonly string name;
    private readonly string path;
    private readonly IReadOnlyDictionary<string, TensorInfo> parts;

    /// <summary>A packed tensor whose parts have the types and shapes that the encoding says.</summary>
    internal PackedTensor(
        string name,
        string path,
        IWeightEncoding encoding,
        MatrixShape matrix,
        IReadOnlyDictionary<string, TensorInfo> parts) =>
        (this.name, this.path, Encoding, Matrix, this.parts) = (name, path, encoding, matrix, parts);

    /// <summary>Its encoding.</summary>
    public IWeightEncoding Encoding { get; }

    /// <summary>The tensor as a matrix.</summary>
    public MatrixShape Matrix { get; }

    /// <summary>The tensors that it is stored as.</summary>
    public IEnumerable<TensorInfo> Parts => parts.Values;

    /// <summary>Bytes that it takes in the file.</summary>
    public long StoredLength => parts.Values.Sum(part => part.ByteLength);

    /// <summary>One of its parts.</summary>
    /// <param name="suffix">What follows the tensor's name, from <see cref="StoredPart"/>.</param>
    /// <exception cref="KeyNotFoundException">The encoding has no such part.</exception>
    public TensorInfo Part(string suffix) => parts[suffix];

    /// <summary>Whether the encoding has a part.</summary>
    public bool Has(string suffix) => parts.ContainsKey(suffix);

    /// <summary>Decodes bytes of the tensor.</summary>
    /// <param name="read">Reads the parts.</param>
    /// <param name="firstByte">The first byte, counted from the tensor's own as if it were stored dense.</param>
    /// <param name="destination">As many bytes as are wanted.</param>
    /// <exception cref="DiagnosticException">The parts contradict each other in the rows that are read, or a file
    /// cannot be read.</exception>
    internal void Read(StoredReader read, long firstByte, Span<byte> destination)
    {
        int rowsAtOnce = Math.Max(1, PieceLength / Matrix.RowBytes);
        while (destination.Length > 0)
        {
            (long row, long skipped) = Math.DivRem(firstByte, Matrix.RowBytes);
            long rows = Math.Min((skipped + destination.Length + Matrix.RowBytes - 1) / Matrix.RowBytes, rowsAtOnce);
            int length = (int)Math.Min(destination.Length, rows * Matrix.RowBytes - skipped);
            ReadRows(read, row, (int)rows, (int)skipped, destination[..length]);
            destination = destination[length..];
            firstByte += length;
        }
    }

    /// <summary>Looks at where the values of all rows begin.</summary>
    /// <param name="read">Reads the parts.</param>
    /// <exception cref="DiagnosticException">That cannot be right.</exception>
    internal void RequireStarts(StoredReader read)
    {
        long[] starts = new long[Math.Min(Matrix.Rows, PieceLength) + 1];
        for (long row = 0; row < Matrix.Rows; row += PieceLength)
        {
            Encoding.ReadStarts(this, read, row, starts.AsSpan(0, (int)Math.Min(Matrix.Rows - row, PieceLength) + 1));
        }
    }

    /// <summary>Looks at the scales of all rows, if there are any.</summary>
    /// <param name="read">Reads the parts.</param>
    /// <exception cref="DiagnosticException">One is not finite.</exception>
    internal void RequireScales(StoredReader read)
    {
        int rowBytes = ScaleBytes;
        if (rowBytes == 0)
        {
            return;
        }

        int rowsAtOnce = Math.Max(1, PieceLength / rowBytes);
        byte[] scales = new byte[Math.Min(Matrix.Rows, rowsAtOnce) * rowBytes];
        for (long row = 0; row < Matrix.Rows; row += rowsAtOnce)
        {
            Span<byte> piece = scales.AsSpan(0, (int)Math.Min(Matrix.Rows - row, rowsAtOnce) * rowBytes);
            ReadScales(read, row, piece);
        }
    }

    /// <summary>Looks at a row as where it is decoded.</summary>
    /// <param name="read">Reads the parts.</param>
    /// <param name="row">The row.</param>
    /// <exception cref="DiagnosticException">Its parts contradict each other.</exception>
    internal void RequireRow(StoredReader read, long row)
        => ReadRows(read, row, rows: 1, skipped: 0, new byte[Matrix.RowBytes]);

    /// <summary>The parts of this tensor contradict each other.</summary>
    internal DiagnosticException Malformed(string problem) => ModelDiagnostics.MalformedPackedFile.Error(
        new SourceLocation(
            path), $"tensor '{name}': {problem}; the file is damaged, so pack the model again or fetch it again");

    /// <summary>Bytes of a row's scales.</summary>
    private int ScaleBytes => Has(StoredPart.Scales) ? (int)(Part(StoredPart.Scales).ByteLength / Matrix.Rows) : 0;

    private void ReadRows(StoredReader read, long firstRow, int rows, int skipped, Span<byte> destination)
    {
        int scaleBytes = ScaleBytes;
        long[] starts = ArrayPool<long>.Shared.Rent(rows + 1);
        byte[] masks = ArrayPool<byte>.Shared.Rent(rows * Matrix.MaskBytes);
        byte[] scales = ArrayPool<byte>.Shared.Rent(rows * scaleBytes);
        byte[] partial = ArrayPool<byte>.Shared.Rent(Matrix.RowBytes);
        byte[] values = [];
        try
        {
            Encoding.ReadStarts(this, read, firstRow, starts.AsSpan(0, rows + 1));
            ReadMasks(read, firstRow, masks.AsSpan(0, rows * Matrix.MaskBytes));
            for (int row = 0; row < rows; row++)
            {
                Check(firstRow + row, Mask(row), starts[row + 1] - starts[row]);
            }

            if (scaleBytes > 0)
            {
                ReadScales(read, firstRow, scales.AsSpan(0, rows * scaleBytes));
            }

            // No row has more values than columns.
            TensorInfo kept = Part(Encoding.Kept);
            int elementBytes = kept.ElementType.Size();
            int length = (int)(starts[rows] - starts[0]) * elementBytes;
            values = ArrayPool<byte>.Shared.Rent(length + RowMask.Slack);
            read(kept, starts[0] * elementBytes, values.AsSpan(0, length));
            for (int row = 0; row < rows; row++)
            {
                int from = row == 0 ? skipped : 0;
                int count = Math.Min(Matrix.RowBytes - from, destination.Length);
                int begin = (int)(starts[row] - starts[0]) * elementBytes;
                int bytes = (int)(starts[row + 1] - starts[row]) * elementBytes;
                long marked = RowMask.Count(Mask(row));
                if (!Encoding.Ends(values.AsSpan(begin, bytes), marked))
                {
                    // As many bytes, of which the last has one code where it should have two, or the other way round.
                    throw Malformed(string.Create(
                        CultureInfo.InvariantCulture,
                        $"the mask of row {firstRow + row} keeps {marked} weights, and "
                        + $"{(marked % 2 == 0 ? marked - 1 : marked + 1)} codes are stored for it"));
                }

                Span<byte> whole = count == Matrix.RowBytes ? destination[..count] : partial.AsSpan(0, Matrix.RowBytes);
                Encoding.Restore(
                    values.AsSpan(begin),
                    Matrix,
                    Mask(row),
                    scales.AsSpan(row * scaleBytes, scaleBytes),
                    whole);
                if (count < Matrix.RowBytes)
                {
                    whole.Slice(from, count).CopyTo(destination);
                }

                destination = destination[count..];
            }
        }
        finally
        {
            ArrayPool<long>.Shared.Return(starts);
            ArrayPool<byte>.Shared.Return(masks);
            ArrayPool<byte>.Shared.Return(scales);
            ArrayPool<byte>.Shared.Return(partial);
            if (values.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(values);
            }
        }

        ReadOnlySpan<byte> Mask(int row) => masks.AsSpan(row * Matrix.MaskBytes, Matrix.MaskBytes);
    }

    /// <summary>Reads the masks of rows. Where none are stored, everything is kept.</summary>
    private void ReadMasks(StoredReader read, long firstRow, Span<byte> masks)
    {
        if (Has(StoredPart.Mask))
        {
            read(Part(StoredPart.Mask), firstRow * Matrix.MaskBytes, masks);
            return;
        }

        for (int start = 0; start < masks.Length; start += Matrix.MaskBytes)
        {
            RowMask.MarkAll(Matrix, masks.Slice(start, Matrix.MaskBytes));
        }
    }

    private void Check(long row, ReadOnlySpan<byte> mask, long values)
    {
        long marked = RowMask.Count(mask);
        string? problem = RowMask.HasBitsBehind(mask, Matrix.Columns)
            ? FormattableString.Invariant($"has bits behind the last of {Matrix.Columns} columns")
            : Encoding.Elements(marked) != values
                ? FormattableString.Invariant($"keeps {marked} weights, and {Stored(values)} are stored for it")
                : Encoding.Problem(Matrix, mask);
        if (problem is not null)
        {
            throw Malformed(FormattableString.Invariant($"the mask of row {row} {problem}"));
        }
    }

    /// <summary>What is stored for a row, in words. Two numbers of 4-bit codes take as many bytes.</summary>
    private string Stored(long elements) => Encoding.Codes switch
    {
        null => FormattableString.Invariant($"{elements} values"),
        { Bits: 4 } when elements > 0 => FormattableString.Invariant($"{2 * elements - 1} or {2 * elements} codes"),
        _ => FormattableString.Invariant($"{elements} codes"),
    };

    private void ReadScales(StoredReader read, long firstRow, Span<byte> scales)
    {
        int rowBytes = ScaleBytes;
        read(Part(StoredPart.Scales), firstRow * rowBytes, scales);
        for (int start = 0; start < scales.Length; start += sizeof(ushort))
        {
            Half scale = BinaryPrimitives.ReadHalfLittleEndian(scales[start..]);
            if (!Half.IsFinite(scale))
            {
                throw Malformed(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{StoredPart.Scales} has {scale} for group {start % rowBytes / sizeof(ushort)} of row "
                    + $"{firstRow + start / rowBytes}, and a scale is a finite number"));
            }
        }
    }
}
