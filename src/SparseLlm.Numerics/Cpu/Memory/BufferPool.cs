namespace SparseLlm.Numerics.Cpu.Memory;

/// <summary>
/// Keeps freed buffers for the next request of about their size: fresh memory costs a page fault per 4 KiB, more than
/// most kernels need to fill it. Used and kept buffers together never take more than the most that was in use at once,
/// so that keeping does not raise the peak; to make room, buffers go of the size that has not been asked for longest.
/// Safe to use from several threads.
/// </summary>
/// <param name="floor">Bytes that used and kept buffers may take in any case.</param>
internal sealed class BufferPool(nint floor) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<nint, Shelf> shelves = [];
    private nint retained;
    private nint inUse;
    private nint mostInUse = floor;
    private long uses;
    private bool disposed;

    /// <summary>A buffer of at least <paramref name="bytes"/>, of undefined content.</summary>
    public NativeBuffer Rent(nint bytes)
    {
        nint size = SizeClass(bytes);
        lock (gate)
        {
            inUse += size;
            if (shelves.TryGetValue(size, out Shelf? shelf))
            {
                shelf.LastUse = uses++;
                if (shelf.Buffers.TryPop(out NativeBuffer? buffer))
                {
                    retained -= size;
                    return buffer;
                }
            }

            mostInUse = Math.Max(mostInUse, inUse);
            Trim();
        }

        return new NativeBuffer(size);
    }

    /// <summary>Gives a buffer back; the caller forgets it.</summary>
    public void Return(NativeBuffer buffer)
    {
        lock (gate)
        {
            inUse -= buffer.Bytes;
            if (!disposed)
            {
                if (!shelves.TryGetValue(buffer.Bytes, out Shelf? shelf))
                {
                    shelves.Add(buffer.Bytes, shelf = new Shelf());
                }

                shelf.LastUse = uses++;
                shelf.Buffers.Push(buffer);
                retained += buffer.Bytes;
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

    /// <summary>Rounds up to one of eight steps per power of two: at most an eighth is wasted, and sizes
    /// repeat.</summary>
    private static nint SizeClass(nint bytes)
    {
        nint size = Math.Max(bytes, 4096);
        nint step = (nint)1 << Math.Max((int)nint.Log2(size) - 3, 6);
        return (size + step - 1) / step * step;
    }

    private void Trim()
    {
        while (retained > 0 && inUse + retained > mostInUse)
        {
            NativeBuffer buffer = shelves.Values.Where(shelf => shelf.Buffers.Count > 0).MinBy(shelf => shelf.LastUse)!
                .Buffers
                .Pop();
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
