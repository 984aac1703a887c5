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

    /// <summary>Memory in pages of this size costs fewer page faults and address translations than in pages of 4
    /// KiB.</summary>
    private const uint HugePage = 1 << 21;

    private const int AdviseHugePage = 14;

    private void* pointer;

    static NativeBuffer() => LargeBlocks.GiveBack((int)HugePage);

    public NativeBuffer(nint bytes)
    {
        Bytes = bytes;
        bool large = bytes >= HugePage;
        pointer = NativeMemory.AlignedAlloc((nuint)bytes, large ? HugePage : Alignment);
        if (large && OperatingSystem.IsLinux())
        {
            // Advice: where the system has no huge pages to give, nothing is lost.
            _ = Advise(pointer, (nuint)bytes, AdviseHugePage);
        }

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

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int Advise(void* address, nuint length, int advice);
}
