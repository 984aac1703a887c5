namespace SparseLlm.Numerics.Cpu.Memory;

/// <summary>
/// Keeps freed buffers for the next request of about their size, up to a bound: fresh memory costs a page fault per
/// 4 KiB, more than most kernels need to fill it. Safe to use from several threads.
/// </summary>
internal sealed class BufferPool(nint capacity) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<nint, Stack<NativeBuffer>> free = [];
    private nint retained;
    private bool disposed;

    /// <summary>A buffer of at least <paramref name="bytes"/>, of undefined content.</summary>
    public NativeBuffer Rent(nint bytes)
    {
        nint size = SizeClass(bytes);
        lock (gate)
        {
            if (free.TryGetValue(size, out Stack<NativeBuffer>? stack) && stack.TryPop(out NativeBuffer? buffer))
            {
                retained -= size;
                return buffer;
            }
        }

        return new NativeBuffer(size);
    }

    /// <summary>Gives a buffer back; the caller forgets it.</summary>
    public void Return(NativeBuffer buffer)
    {
        lock (gate)
        {
            if (!disposed && retained + buffer.Bytes <= capacity)
            {
                if (!free.TryGetValue(buffer.Bytes, out Stack<NativeBuffer>? stack))
                {
                    free.Add(buffer.Bytes, stack = []);
                }

                stack.Push(buffer);
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
            foreach (NativeBuffer buffer in free.Values.SelectMany(stack => stack))
            {
                buffer.Dispose();
            }

            free.Clear();
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
}
