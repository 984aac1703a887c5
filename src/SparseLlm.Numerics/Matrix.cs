namespace SparseLlm.Numerics;

/// <summary>
/// A dense row-major matrix in a backend's memory. A vector is a matrix of one row. Only the backend that made it can
/// read it; dispose it to give its memory back (a slice shares its parent's memory and owns nothing).
/// </summary>
/// <typeparam name="T"><see cref="float"/> for weights and activations, <see cref="double"/> for Gram matrices and factors.</typeparam>
public abstract class Matrix<T>(int rows, int columns) : IDisposable
    where T : unmanaged
{
    /// <summary>Number of rows (tokens of an activation, outputs of a weight).</summary>
    public int Rows { get; } = rows;

    /// <summary>Number of columns (channels of an activation, inputs of a weight).</summary>
    public int Columns { get; } = columns;

    /// <summary>Number of elements.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>Rows <paramref name="first"/> .. <paramref name="first"/> + <paramref name="count"/> as a matrix on the same memory.</summary>
    public abstract Matrix<T> Slice(int first, int count);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>The shape, as it appears in messages.</summary>
    public override string ToString() => FormattableString.Invariant($"[{Rows} x {Columns}]");
}
