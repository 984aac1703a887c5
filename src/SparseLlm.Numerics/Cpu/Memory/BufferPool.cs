namespace SparseLlm.Numerics.Cpu.Memory;

/// <summary>
/// Keeps freed buffers for the next request of about their size, up to a bound: fresh memory costs a page fault per
/// 4 KiB, more than most kernels need to fill it. Beyond the bound, buffers go of the size that has not been asked for
/// longest, so that nothing is held on to for matrices of a shape that does not come again. Safe to use from several threads.
/// </summary>
/// <param name="capacity">The most bytes to keep.</param>
internal sealed class BufferPool(nint capacity) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<nint, Shelf> shelves = [];
    private nint retained;
    private long uses;
    private bool disposed;

    /// <summary>A buffer of at least <paramref name="bytes"/>, of undefined content.</summary>
    public NativeBuffer Rent(nint bytes)
    {
        nint size = SizeClass(bytes);
        lock (gate)
        {
            if (shelves.TryGetValue(size, out Shelf? shelf))
            {
                shelf.LastUse = uses++;
                if (shelf.Buffers.TryPop(out NativeBuffer? buffer))
                {
                    retained -= size;
                    return buffer;
                }
            }
        }

        return new NativeBuffer(size);
    }

    /// <summary>Gives a buffer back; the caller forgets it.</summary>
    public void Return(NativeBuffer buffer)
    {
        lock (gate)
        {
            if (!disposed && buffer.Bytes <= capacity)
            {
                if (!shelves.TryGetValue(buffer.Bytes, out Shelf? shelf))
                {
                    shelves.Add(buffer.Bytes, shelf = new Shelf());
                }

                shelf.LastUse = uses++;
                shelf.Buffers.Push(buffer);
                retained += buffer.Bytes;
                Trim();
                return;
            }
        }

        buffer.Dispose();
    }

    /// <summary>Scratch memory of <paramref name="count"/> elements, given back when disposed.</summary>
    public unsafe Scratch<T> RentScratch<T>(nint count)
        where T : unmanaged => new(this, Rent(Math.Max(count, 1) * sizeof(T)));

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (NativeBuffer buffer in shelves.Values.SelectMany(shelf => shelf.Buffers))
            {
                buffer.Dispose();
            }

            shelves.Clear();
            retained = 0;
        }
    }

    /// <summary>Rounds up to one of eight steps per power of two: at most an eighth is wasted, and sizes repeat.</summary>
    private static nint SizeClass(nint bytes)
    {
        nint size = Math.Max(bytes, 4096);
        nint step = (nint)1 << Math.Max((int)nint.Log2(size) - 3, 6);
        return (size + step - 1) / step * step;
    }

    private void Trim()
    {
        while (retained > capacity)
        {
            NativeBuffer buffer = shelves.Values.Where(shelf => shelf.Buffers.Count > 0).MinBy(shelf => shelf.LastUse)!.Buffers.Pop();
            retained -= buffer.Bytes;
            buffer.Dispose();
        }
    }

    /// <summary>The free buffers of one size.</summary>
    private sealed class Shelf
    {
        public Stack<NativeBuffer> Buffers { get; } = [];

        public long LastUse { get; set; }
    }
}
