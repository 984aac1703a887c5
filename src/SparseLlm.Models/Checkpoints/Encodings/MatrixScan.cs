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
    public delegate void RowReader(ReadOnlyMemory<byte> rows);

    /// <summary>Reads all rows.</summary>
    /// <param name="look">Looks at them.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <param name="isDone">Whether no more rows have to be looked at; null to look at all of them.</param>
    public void Run(RowReader look, CancellationToken cancellation, Func<bool>? isDone = null)
    {
        int atOnce = Math.Max(1, PieceLength / matrix.RowBytes);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(atOnce * matrix.RowBytes);
        try
        {
            for (long row = 0; row < matrix.Rows && isDone?.Invoke() != true; row += atOnce)
            {
                cancellation.ThrowIfCancellationRequested();
                Memory<byte> rows = buffer.AsMemory(0, (int)Math.Min(atOnce, matrix.Rows - row) * matrix.RowBytes);
                source.ReadBytes(tensor, row * matrix.RowBytes, rows.Span);
                look(rows);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>How all of its weights are codes; null if they are not.</summary>
    /// <param name="cancellation">Stops in between.</param>
    public CodeFormat? FindCodes(CancellationToken cancellation)
    {
        var codes = new CodeFinder(matrix);
        Run(codes.Add, cancellation, () => !codes.IsOpen);
        return codes.Found;
    }

    /// <summary>The encoding that makes the matrix smallest, with the parts that it has then; null where none makes it
    /// smaller. A pattern goes before its size: what reads it need not look for values.</summary>
    /// <param name="progress">Takes the bytes that have been looked at.</param>
    /// <param name="cancellation">Stops in between.</param>
    public (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts)? Choose(
        Action<long> progress,
        CancellationToken cancellation)
    {
        var patterns = new GroupPattern.Finder();
        var codes = new CodeFinder(matrix);
        long nibbleBytes = 0;
        byte[] mask = new byte[matrix.MaskBytes];
        Run(
            rows =>
            {
                for (int start = 0; start < rows.Length; start += matrix.RowBytes)
                {
                    RowMask.Of(rows.Span.Slice(start, matrix.RowBytes), matrix.ElementBytes, mask);
                    patterns.Add(mask, matrix.Columns);
                    nibbleBytes += (RowMask.Count(mask) + 1) / 2;
                }

                codes.Add(rows);
                progress(rows.Length);
            },
            cancellation);
        if (codes.Found is { } format && Smallest(CodeCandidates(format)) is { } coded)
        {
            return coded;
        }

        if (patterns.Find() is { } pattern
            && Smallest([Candidate(new GroupEncoding(pattern), patterns.Kept)]) is { } grouped)
        {
            return grouped;
        }

        return Smallest([Candidate(new BitmaskEncoding(), patterns.Kept)]);

        (IWeightEncoding, IReadOnlyList<StoredPart>)[] CodeCandidates(CodeFormat format) =>
        [
            Candidate(new CodeEncoding(format, isSparse: true), format.Bits == 4 ? nibbleBytes : patterns.Kept),
            Candidate(new CodeEncoding(format, isSparse: false), 0),
        ];
    }

    private (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts) Candidate(IWeightEncoding encoding, long values)
        => (encoding, encoding.Parts(tensor, matrix, values));

    private (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts)? Smallest(
        IEnumerable<(IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts)> candidates)
    {
        (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts) smallest
            = candidates.MinBy(candidate => Length(candidate.Parts));
        return Length(smallest.Parts) < tensor.ByteLength ? smallest : null;

        static long Length(IEnumerable<StoredPart> parts) => parts.Sum(part => part.ByteLength);
    }
}
