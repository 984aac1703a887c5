using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace SparseLlm.Runtime.Kernels.Blocks;

/// <summary>
/// Asks for values before they are needed: the work between two loads is too long for the processor to see far enough
/// ahead by itself. Dense rows are better off without: they are read as fast as memory gives.
/// </summary>
internal static unsafe class Ahead
{
    private const int Distance = 2048;
    private const int CacheLine = 64;

    /// <summary>Asks for what a later block has.</summary>
    /// <param name="values">The present block's.</param>
    /// <param name="bytes">How many it is expected to have, a constant.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(byte* values, int bytes)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(values + Distance);
            if (bytes > CacheLine)
            {
                Sse.Prefetch0(values + Distance + CacheLine);
            }
        }
    }
}
