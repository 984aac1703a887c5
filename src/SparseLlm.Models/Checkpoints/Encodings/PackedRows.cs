namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>Some rows of a matrix on their way into a file, part by part.</summary>
/// <param name="encoding">How the matrix is stored.</param>
/// <param name="matrix">The matrix.</param>
internal sealed class PackedRows(IWeightEncoding encoding, MatrixShape matrix)
{
    private readonly int scaleBytes = encoding.Codes is { } format ? format.GroupsOf(matrix) * sizeof(ushort) : 0;
    private byte[] values = [];
    private byte[] masks = [];
    private byte[] scales = [];
    private long[] starts = [];
    private int rows;
    private int length;
    private long stored;

    /// <summary>What is kept of the rows.</summary>
    public ReadOnlyMemory<byte> Values => values.AsMemory(0, length);

    /// <summary>Their masks.</summary>
    public ReadOnlyMemory<byte> Masks => masks.AsMemory(0, rows * matrix.MaskBytes);

    /// <summary>Their scales.</summary>
    public ReadOnlyMemory<byte> Scales => scales.AsMemory(0, rows * scaleBytes);

    /// <summary>Where the values of each begin, counted in elements from those of the matrix's first row on.</summary>
    public ReadOnlySpan<long> Starts => starts.AsSpan(0, rows);

    /// <summary>Encodes the next rows, in place of those before.</summary>
    public void Encode(ReadOnlySpan<byte> dense)
    {
        rows = dense.Length / matrix.RowBytes;
        length = 0;
        Grow(dense.Length);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<byte> weights = dense.Slice(row * matrix.RowBytes, matrix.RowBytes);
            Span<byte> mask = masks.AsSpan(row * matrix.MaskBytes, matrix.MaskBytes);
            encoding.Select(weights, matrix, mask);
            starts[row] = stored;
            stored += encoding.Elements(RowMask.Count(mask));
            length += encoding.Store(
                weights,
                matrix,
                mask,
                values.AsSpan(length),
                scales.AsSpan(row * scaleBytes, scaleBytes));
        }
    }

    private void Grow(int denseBytes)
    {
        if (rows > starts.Length)
        {
            starts = new long[rows];
            masks = new byte[rows * matrix.MaskBytes];
            scales = new byte[rows * scaleBytes];
            values = new byte[denseBytes + RowMask.Slack];
        }
    }
}
