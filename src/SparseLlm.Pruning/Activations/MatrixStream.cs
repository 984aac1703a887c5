using System.Runtime.InteropServices;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Activations;

/// <summary>Matrices in a stream, row-major, in little-endian single precision.</summary>
internal static class MatrixStream
{
    /// <summary>Writes all of a matrix.</summary>
    public static void Write(IBackend backend, Matrix<float> matrix, Stream stream)
        => matrix.ForEachPiece(sizeof(float), (_, rows, bytes) =>
        {
            backend.Download(rows, MemoryMarshal.Cast<byte, float>(bytes));
            stream.Write(bytes);
        });

    /// <summary>Fills a matrix.</summary>
    /// <exception cref="EndOfStreamException">The stream ends before that.</exception>
    public static void Read(IBackend backend, Matrix<float> matrix, Stream stream)
        => matrix.ForEachPiece(sizeof(float), (_, rows, bytes) =>
        {
            stream.ReadExactly(bytes);
            backend.Upload<float>(MemoryMarshal.Cast<byte, float>(bytes), rows);
        });
}
