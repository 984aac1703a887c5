namespace SparseLlm.Numerics;

/// <summary>Copies of matrices, which a backend's contract has no operation for, since it never allocates by
/// itself.</summary>
public static class MatrixCopies
{
    private const int PieceLength = 1 << 22;

    /// <summary>The same values in a new matrix, which is the caller's.</summary>
    public static Matrix<T> CopyOf<T>(this IMatrixMemory memory, Matrix<T> source)
        where T : unmanaged
    {
        Matrix<T> copy = memory.AllocateUninitialized<T>(source.Rows, source.Columns);
        memory.Copy(source, copy);
        return copy;
    }

    /// <summary>The same values in a new matrix of another backend's memory, which is the caller's.</summary>
    public static Matrix<T> CopyOf<T>(this IMatrixMemory memory, Matrix<T> source, IMatrixMemory other)
        where T : unmanaged
    {
        Matrix<T> copy = memory.AllocateUninitialized<T>(source.Rows, source.Columns);
        memory.Copy(source, other, copy);
        return copy;
    }

    /// <summary>Copies a matrix of another backend's memory, through the host's where the two are not one.</summary>
    public static void Copy<T>(this IMatrixMemory memory, Matrix<T> source, IMatrixMemory other, Matrix<T> destination)
        where T : unmanaged
    {
        if (ReferenceEquals(memory, other))
        {
            memory.Copy(source, destination);
            return;
        }

        int pieceRows = Math.Clamp(PieceLength / Math.Max(1, source.Columns), 1, Math.Max(1, source.Rows));
        var buffer = new T[(long)pieceRows * source.Columns];
        for (int row = 0; row < source.Rows; row += pieceRows)
        {
            int rows = Math.Min(pieceRows, source.Rows - row);
            Span<T> piece = buffer.AsSpan(0, rows * source.Columns);
            using Matrix<T> from = source.Slice(row, rows);
            using Matrix<T> to = destination.Slice(row, rows);
            other.Download(from, piece);
            memory.Upload<T>(piece, to);
        }
    }
}
