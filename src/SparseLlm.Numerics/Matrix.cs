namespace SparseLlm.Numerics;

/// <summary>
/// A dense row-major matrix in a backend's memory. A vector is a matrix of one row. Only the backend that made it can
/// read it; dispose it to give its memory back (a slice or another shape shares its parent's memory and owns nothing).
/// </summary>
/// <typeparam name="T"><see cref="float"/> for weights and activations, <see cref="double"/> for Gram matrices and
/// factors.</typeparam>
public abstract class Matrix<T>(int rows, int columns) : IDisposable
    where T : unmanaged
{
    /// <summary>Number of rows (tokens of an activation, outputs of a weight).</summary>
    public int Rows { get; } = rows;

    /// <summary>Number of columns (channels of an activation, inputs of a weight).</summary>
    public int Columns { get; } = columns;

    /// <summary>Number of elements.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>Rows <paramref name="first"/> .. <paramref name="first"/> + <paramref name="count"/> as a matrix on the
    /// same memory.</summary>
    public Matrix<T> Slice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)first + count, Rows, nameof(count));
        return View((long)first * Columns, count, Columns);
    }

    /// <summary>The same elements, row-major, as a matrix of <paramref name="rows"/> x <paramref name="columns"/> on
    /// the same memory.</summary>
    /// <exception cref="ArgumentException">It would have another number of elements.</exception>
    public Matrix<T> Reshape(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        return (long)rows * columns == Length
            ? View(0, rows, columns)
            : throw new ArgumentException(
                FormattableString.Invariant($"A matrix {this} cannot become [{rows} x {columns}]."));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>A matrix on the same memory, which begins at an element of this one and stays within it.</summary>
    /// <param name="offset">Index (row-major) of its first element in this matrix.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    protected abstract Matrix<T> View(long offset, int rows, int columns);

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>The shape, as it appears in messages.</summary>
    public override string ToString() => FormattableString.Invariant($"[{Rows} x {Columns}]");
}
