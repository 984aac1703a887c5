namespace SparseLlm.Numerics;

/// <summary>Copies of matrices, which a backend's contract has no operation for, since it never allocates by itself.</summary>
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
}
