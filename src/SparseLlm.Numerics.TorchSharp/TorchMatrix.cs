namespace SparseLlm.Numerics.TorchSharp;

/// <summary>A matrix in a tensor of a device, contiguous and row-major. A view of it keeps its tensor alive.</summary>
internal sealed class TorchMatrix<T> : Matrix<T>
    where T : unmanaged
{
    private readonly TorchMatrix<T> owner;
    private readonly long offset;
    private Tensor? memory;

    /// <param name="memory">[rows x columns]; owned by the matrix.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public TorchMatrix(Tensor memory, int rows, int columns)
        : base(rows, columns)
    {
        owner = this;
        this.memory = memory;
    }

    private TorchMatrix(TorchMatrix<T> owner, long offset, int rows, int columns)
        : base(rows, columns)
    {
        this.owner = owner;
        this.offset = offset;
    }

    /// <summary>The elements. Those of a matrix on another's memory are a new view, which belongs to the dispose scope
    /// that it is taken in.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public Tensor Elements
    {
        get
        {
            Tensor? elements = owner.memory;
            ObjectDisposedException.ThrowIf(elements is null, this);
            if (ReferenceEquals(owner, this))
            {
                return elements;
            }

            return Columns > 0 && Columns == owner.Columns && offset % Columns == 0
                ? elements.narrow(0, offset / Columns, Rows)
                : elements.view(-1).narrow(0, offset, Length).view(Rows, Columns);
        }
    }

    /// <summary>Whether the two have elements in common.</summary>
    public bool Overlaps(TorchMatrix<T> other) =>
        ReferenceEquals(owner, other.owner) && offset < other.offset + other.Length && other.offset < offset + Length;

    /// <inheritdoc/>
    protected override Matrix<T> View(long offset, int rows, int columns) =>
        new TorchMatrix<T>(owner, this.offset + offset, rows, columns);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Whatever is not disposed is freed by the tensor's own finalizer.
        if (disposing)
        {
            Interlocked.Exchange(ref memory, null)?.Dispose();
        }
    }
}
