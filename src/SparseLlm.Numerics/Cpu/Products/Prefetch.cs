using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>Asks for memory ahead of its use.</summary>
internal static unsafe class Prefetch
{
    /// <summary>
    /// The tile of the result, which is read only after the innermost loop: without this, its cache misses cost a third
    /// of the speed of large products.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Rows(byte* address, int rows, nint stride, int bytes)
    {
        for (int i = 0; i < rows && Sse.IsSupported; i++)
        {
            for (int offset = 0; offset < bytes; offset += 64)
            {
                Sse.Prefetch0(address + offset);
            }

            // The row may begin in the middle of a cache line.
            Sse.Prefetch0(address + bytes - 1);
            address += stride;
        }
    }

    /// <summary>
    /// What the innermost loop will read some rounds later, where it reads <paramref name="step"/> bytes in each: the
    /// packed a comes from the second-level cache, faster than the processor foresees.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ahead(byte* address, int step)
    {
        const int Rounds = 16;
        for (int offset = 0; offset < step; offset += 64)
        {
            Sse.Prefetch0(address + Rounds * step + offset);
        }
    }

    /// <summary>A part of the packed b for the tiles after the present ones: it comes from the third level or from
    /// memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void IntoSecondLevel(byte* address, nint bytes)
    {
        for (nint offset = 0; offset < bytes && Sse.IsSupported; offset += 64)
        {
            Sse.Prefetch1(address + offset);
        }
    }
}
