using System.Buffers;

namespace SparseLlm.Numerics;

/// <summary>Matrices on their way through host memory, some rows at a time.</summary>
public static class MatrixPieces
{
    private const int PieceLength = 1 << 20;

    /// <summary>What is done with some rows of a matrix.</summary>
    /// <typeparam name="T">Its elements.</typeparam>
    /// <param name="first">The first of the rows.</param>
    /// <param name="rows">The rows, for as long as the call takes.</param>
    /// <param name="bytes">Host memory of their length, of undefined content.</param>
    public delegate void PieceAction<T>(int first, Matrix<T> rows, Span<byte> bytes)
        where T : unmanaged;

    /// <summary>Goes through a matrix in pieces that take a few megabytes of host memory, of one row at
    /// least.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="elementSize">Bytes that an element takes on the host.</param>
    /// <param name="action">What is done with each.</param>
    public static void ForEachPiece<T>(this Matrix<T> matrix, int elementSize, PieceAction<T> action)
        where T : unmanaged
    {
        int pieceRows = Math.Clamp(PieceLength / Math.Max(1, matrix.Columns), 1, Math.Max(1, matrix.Rows));
        int rowSize = checked(matrix.Columns * elementSize);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(checked(pieceRows * rowSize));
        try
        {
            for (int first = 0; first < matrix.Rows; first += pieceRows)
            {
                using Matrix<T> rows = matrix.Slice(first, Math.Min(pieceRows, matrix.Rows - first));
                action(first, rows, buffer.AsSpan(0, rows.Rows * rowSize));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
