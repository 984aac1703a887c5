using System.Runtime.InteropServices;
using SparseLlm.Runtime.Kernels;

namespace SparseLlm.Runtime.Tests;

/// <summary>
/// Bytes that end where memory ends: reading one more kills the process, on Linux. What is behind a tensor and may be
/// read is filled with ones, which as numbers are NaN and as masks keep everything.
/// </summary>
internal sealed unsafe class GuardedMemory : IDisposable
{
    private const int NoAccess = 0;
    private const int ReadAndWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private readonly nuint size;
    private readonly byte* memory;

    public GuardedMemory(ReadOnlySpan<byte> content, int behind)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint used = (nuint)(content.Length + behind);
        nuint pages = (used + page - 1) / page * page;
        size = pages + 2 * page;
        memory = OperatingSystem.IsLinux()
            ? (byte*)Map(null, size, ReadAndWrite, PrivateAnonymous, -1, 0)
            : (byte*)NativeMemory.Alloc(size);
        Address = memory + page + pages - used;
        Length = content.Length;
        Readable = (int)used;
        new Span<byte>(Address, Readable).Fill(0xFF);
        content.CopyTo(new Span<byte>(Address, Length));
        if (OperatingSystem.IsLinux())
        {
            Protect(memory, page, NoAccess).ShouldBe(0);
            Protect(memory + page + pages, page, NoAccess).ShouldBe(0);
        }
    }

    public byte* Address { get; }

    public int Length { get; }

    public int Readable { get; }

    public StoredBytes Stored => new(Address, Length, Readable);

    public Span<float> Floats => new(Address, Length / sizeof(float));

    public void Dispose()
    {
        if (OperatingSystem.IsLinux())
        {
            Unmap(memory, size);
        }
        else
        {
            NativeMemory.Free(memory);
        }
    }

    [DllImport("libc", EntryPoint = "mmap")]
    private static extern void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [DllImport("libc", EntryPoint = "mprotect")]
    private static extern int Protect(void* address, nuint length, int protection);

    [DllImport("libc", EntryPoint = "munmap")]
    private static extern int Unmap(void* address, nuint length);
}
