namespace SparseLlm.Numerics;

/// <summary>Allocation, transfer and conversion. Allocation, slices and transfer may be used beside everything else,
/// from other threads.</summary>
public interface IMatrixMemory
{
    /// <summary>A matrix of zeros.</summary>
    Matrix<T> Allocate<T>(int rows, int columns)
        where T : unmanaged;

    /// <summary>A matrix of undefined content, for results that are written whole.</summary>
    Matrix<T> AllocateUninitialized<T>(int rows, int columns)
        where T : unmanaged;

    /// <summary>Copies host memory into a matrix (or a slice of one). Lengths must be equal.</summary>
    void Upload<T>(ReadOnlySpan<T> source, Matrix<T> destination)
        where T : unmanaged;

    /// <summary>Copies a matrix (or a slice of one) into host memory. Lengths must be equal.</summary>
    void Download<T>(Matrix<T> source, Span<T> destination)
        where T : unmanaged;

    /// <summary>Copies numbers as a file stores them into a matrix (or a slice of one), exactly.</summary>
    /// <param name="source">Their bytes, little-endian.</param>
    /// <param name="format">Their format.</param>
    /// <param name="destination">As many numbers.</param>
    void Upload(ReadOnlySpan<byte> source, NumberFormat format, Matrix<float> destination);

    /// <summary>Copies a matrix (or a slice of one) into host memory as a file stores it, rounded to nearest, ties to
    /// even.</summary>
    /// <param name="source">The matrix.</param>
    /// <param name="format">The format of the numbers.</param>
    /// <param name="destination">Their bytes, little-endian.</param>
    void Download(Matrix<float> source, NumberFormat format, Span<byte> destination);

    /// <summary>destination = source, of equal shape.</summary>
    void Copy<T>(Matrix<T> source, Matrix<T> destination)
        where T : unmanaged;

    /// <summary>destination = source, widened.</summary>
    void Convert(Matrix<float> source, Matrix<double> destination);

    /// <summary>destination = source, rounded to nearest.</summary>
    void Convert(Matrix<double> source, Matrix<float> destination);

    /// <summary>destination = source'. Shapes [m x n] and [n x m].</summary>
    void Transpose<T>(Matrix<T> source, Matrix<T> destination)
        where T : unmanaged;
}
