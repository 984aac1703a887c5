using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SparseLlm.Numerics;

/// <summary>Copies of matrices, which a backend's contract has no operation for, since it never allocates by
/// itself.</summary>
public static class MatrixCopies
{
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

        source.ForEachPiece(Unsafe.SizeOf<T>(), (first, rows, bytes) =>
        {
            Span<T> values = MemoryMarshal.Cast<byte, T>(bytes);
            using Matrix<T> target = destination.Slice(first, rows.Rows);
            other.Download(rows, values);
            memory.Upload<T>(values, target);
        });
    }
}
