using System.Buffers;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>How a tensor is stored that is packed: its encoding, and the tensors of the file that are its
/// parts.</summary>
public sealed class PackedTensor
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

    /// <summary>The parts of this tensor contradict each other.</summary>
    internal DiagnosticException Malformed(string problem) => ModelDiagnostics.MalformedPackedFile.Error(
        new SourceLocation(
            path), $"tensor '{name}': {problem}; the file is damaged, so pack the model again or fetch it again");

    private void ReadRows(StoredReader read, long firstRow, int rows, int skipped, Span<byte> destination)
    {
        long[] starts = ArrayPool<long>.Shared.Rent(rows + 1);
        byte[] masks = ArrayPool<byte>.Shared.Rent(rows * Matrix.MaskBytes);
        byte[] values = [];
        try
        {
            Encoding.ReadStarts(this, read, firstRow, starts.AsSpan(0, rows + 1));
            read(Part(StoredPart.Mask), firstRow * Matrix.MaskBytes, masks.AsSpan(0, rows * Matrix.MaskBytes));
            for (int row = 0; row < rows; row++)
            {
                Check(firstRow + row, Mask(row), starts[row + 1] - starts[row]);
            }

            // No row has more values than columns.
            int length = (int)(starts[rows] - starts[0]) * Matrix.ElementBytes;
            values = ArrayPool<byte>.Shared.Rent(length + RowMask.Slack);
            read(Part(StoredPart.Values), starts[0] * Matrix.ElementBytes, values.AsSpan(0, length));
            for (int row = 0; row < rows; row++)
            {
                int from = row == 0 ? skipped : 0;
                int count = Math.Min(Matrix.RowBytes - from, destination.Length);
                Expand(
                    values.AsSpan((int)(starts[row] - starts[0]) * Matrix.ElementBytes),
                    Mask(row),
                    from,
                    destination[..count]);
                destination = destination[count..];
            }
        }
        finally
        {
            ArrayPool<long>.Shared.Return(starts);
            ArrayPool<byte>.Shared.Return(masks);
            if (values.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(values);
            }
        }

        ReadOnlySpan<byte> Mask(int row) => masks.AsSpan(row * Matrix.MaskBytes, Matrix.MaskBytes);
    }

    private void Check(long row, ReadOnlySpan<byte> mask, long values)
    {
        long marked = RowMask.Count(mask);
        string? problem = RowMask.HasBitsBehind(mask, Matrix.Columns)
            ? FormattableString.Invariant($"has bits behind the last of {Matrix.Columns} columns")
            : marked != values
                ? FormattableString.Invariant($"keeps {marked} weights, and {values} values are stored for it")
                : Encoding.Problem(Matrix, mask);
        if (problem is not null)
        {
            throw Malformed(FormattableString.Invariant($"the mask of row {row} {problem}"));
        }
    }

    /// <summary>Writes a part of a row. It begins at a whole byte of the mask, before what is wanted if need
    /// be.</summary>
    private void Expand(ReadOnlySpan<byte> values, ReadOnlySpan<byte> mask, int from, Span<byte> destination)
    {
        int block = 8 * Matrix.ElementBytes;
        int skipped = from % block;
        values = values[((int)RowMask.Count(mask[..(from / block)]) * Matrix.ElementBytes)..];
        mask = mask[(from / block)..];
        if (skipped == 0 && destination.Length % Matrix.ElementBytes == 0)
        {
            RowMask.Expand(values, mask, Matrix.ElementBytes, destination);
            return;
        }

        int length = (skipped + destination.Length + Matrix.ElementBytes - 1) / Matrix.ElementBytes
            * Matrix.ElementBytes;
        byte[] piece = ArrayPool<byte>.Shared.Rent(length);
        RowMask.Expand(values, mask, Matrix.ElementBytes, piece.AsSpan(0, length));
        piece.AsSpan(skipped, destination.Length).CopyTo(destination);
        ArrayPool<byte>.Shared.Return(piece);
    }
}
