using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu;

/// <summary>A matrix in main memory, contiguous and row-major. A view of it keeps its buffer alive.</summary>
internal sealed unsafe class CpuMatrix<T> : Matrix<T>
    where T : unmanaged
{
    private readonly CpuMatrix<T> owner;
    private readonly nint offset;
    private readonly BufferPool? pool;
    private NativeBuffer? buffer;

    public CpuMatrix(BufferPool pool, int rows, int columns)
        : base(rows, columns)
    {
        owner = this;
        this.pool = pool;
        buffer = pool.Rent(checked((nint)rows * columns * sizeof(T)));
    }

    private CpuMatrix(CpuMatrix<T> owner, nint offset, int rows, int columns)
        : base(rows, columns)
    {
        this.owner = owner;
        this.offset = offset;
    }

    /// <summary>The elements.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public View<T> Elements
    {
        get
        {
            NativeBuffer? memory = owner.buffer;
            ObjectDisposedException.ThrowIf(memory is null, this);
            return new View<T>((T*)memory.Pointer + offset, Rows, Columns);
        }
    }

    /// <inheritdoc/>
    protected override Matrix<T> View(long offset, int rows, int columns) =>
        new CpuMatrix<T>(owner, this.offset + (nint)offset, rows, columns);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Whatever is not disposed is freed by the buffer's own finalizer.
        if (disposing && Interlocked.Exchange(ref buffer, null) is { } memory)
        {
            pool!.Return(memory);
        }
    }
}
