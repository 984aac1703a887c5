namespace SparseLlm.Numerics.Cpu.Memory;

/// <summary>Memory borrowed from a pool for the duration of a <c>using</c>; content undefined.</summary>
internal readonly unsafe struct Scratch<T>(BufferPool pool, NativeBuffer buffer) : IDisposable
    where T : unmanaged
{
    /// <summary>The first element.</summary>
    public T* Data => (T*)buffer.Pointer;

    public void Dispose() => pool.Return(buffer);
}
