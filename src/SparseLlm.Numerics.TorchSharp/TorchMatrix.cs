namespace SparseLlm.Numerics.TorchSharp;

/// <summary>A matrix in a tensor of a device, contiguous and row-major. A slice keeps the tensor of its parent alive.</summary>
internal sealed class TorchMatrix<T> : Matrix<T>
    where T : unmanaged
{
    private readonly TorchMatrix<T> owner;
    private readonly int first;
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

    private TorchMatrix(TorchMatrix<T> owner, int first, int rows)
        : base(rows, owner.Columns)
    {
        this.owner = owner;
        this.first = first;
    }

    /// <summary>The elements. A slice's are a new view, which belongs to the dispose scope that it is taken in.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public Tensor Elements
    {
        get
        {
            Tensor? elements = owner.memory;
            ObjectDisposedException.ThrowIf(elements is null, this);
            return ReferenceEquals(owner, this) ? elements : elements.narrow(0, first, Rows);
        }
    }

    /// <summary>Whether the two have rows in common.</summary>
    public bool Overlaps(TorchMatrix<T> other) =>
        ReferenceEquals(owner, other.owner) && first < other.first + other.Rows && other.first < first + Rows;

    /// <inheritdoc/>
    public override Matrix<T> Slice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)first + count, Rows, nameof(count));
        return new TorchMatrix<T>(owner, this.first + first, count);
    }

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
