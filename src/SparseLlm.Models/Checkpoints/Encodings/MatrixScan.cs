using System.Buffers;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>Goes over the rows of a dense matrix, some of them at a time.</summary>
/// <param name="source">The checkpoint.</param>
/// <param name="tensor">The tensor.</param>
/// <param name="matrix">Its shape as a matrix.</param>
internal sealed class MatrixScan(Checkpoint source, TensorInfo tensor, MatrixShape matrix)
{
    private const int PieceLength = 1 << 20;

    /// <summary>Looks at whole rows.</summary>
    public delegate void RowReader(ReadOnlySpan<byte> rows);

    /// <summary>Reads all rows.</summary>
    /// <param name="look">Looks at them.</param>
    /// <param name="cancellation">Stops in between.</param>
    public void Run(RowReader look, CancellationToken cancellation)
    {
        int atOnce = Math.Max(1, PieceLength / matrix.RowBytes);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(atOnce * matrix.RowBytes);
        try
        {
            for (long row = 0; row < matrix.Rows; row += atOnce)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<byte> rows = buffer.AsSpan(0, (int)Math.Min(atOnce, matrix.Rows - row) * matrix.RowBytes);
                source.ReadBytes(tensor, row * matrix.RowBytes, rows);
                look(rows);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The encoding that makes the matrix smaller, with the parts that it has then; null where none does. A
    /// pattern goes before its size: what reads it need not look for values.</summary>
    /// <param name="progress">Takes the bytes that have been looked at.</param>
    /// <param name="cancellation">Stops in between.</param>
    public (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts)? Choose(
        Action<long> progress,
        CancellationToken cancellation)
    {
        var finder = new GroupPattern.Finder();
        byte[] mask = new byte[matrix.MaskBytes];
        Run(
            rows =>
            {
                for (int start = 0; start < rows.Length; start += matrix.RowBytes)
                {
                    RowMask.Of(rows.Slice(start, matrix.RowBytes), matrix.ElementBytes, mask);
                    finder.Add(mask, matrix.Columns);
                }

                progress(rows.Length);
            },
            cancellation);
        IWeightEncoding[] candidates = finder.Find() is { } pattern
            ? [new GroupEncoding(pattern), new BitmaskEncoding()]
            : [new BitmaskEncoding()];
        foreach (IWeightEncoding candidate in candidates)
        {
            IReadOnlyList<StoredPart> parts = candidate.Parts(tensor, matrix, finder.Kept);
            if (parts.Sum(part => part.ByteLength) < tensor.ByteLength)
            {
                return (candidate, parts);
            }
        }

        return null;
    }
}
