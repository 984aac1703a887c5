using System.Runtime.InteropServices;

namespace SparseLlm.Numerics.Cpu.Memory;

/// <summary>
/// A block of native memory on a cache line's boundary. Its finalizer frees what nobody disposed, so whoever works on
/// <see cref="Pointer"/> keeps the buffer alive until done.
/// </summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    /// <summary>Bytes per cache line, and per vector of the widest instruction set.</summary>
    public const int Alignment = 64;

    private void* pointer;

    public NativeBuffer(nint bytes)
    {
        Bytes = bytes;
        pointer = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        GC.AddMemoryPressure(bytes);
    }

    ~NativeBuffer() => Free();

    /// <summary>Size in bytes.</summary>
    public nint Bytes { get; }

    /// <summary>The first byte.</summary>
    public void* Pointer => pointer;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (pointer != null)
        {
            NativeMemory.AlignedFree(pointer);
            pointer = null;
            GC.RemoveMemoryPressure(Bytes);
        }
    }
}
