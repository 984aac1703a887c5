using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Benchmarks.Runtime;

/// <summary>Reads memory and does nothing with it: what no product is faster than.</summary>
internal static unsafe class Reading
{
    private const long Share = 1 << 19;

    public static void Run(WorkerTeam team, (nint Address, long Bytes)[] parts)
    {
        foreach ((nint address, long bytes) in parts)
        {
            team.Run(
                (int)((bytes + Share - 1) / Share),
                share => Read((byte*)address + share * Share, Math.Min(Share, bytes - share * Share)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static ulong Read(byte* source, long bytes)
    {
        Vector256<ulong> a = default, b = default, c = default, d = default;
        for (long i = 0; i <= bytes - 128; i += 128)
        {
            a ^= Vector256.Load((ulong*)(source + i));
            b ^= Vector256.Load((ulong*)(source + i + 32));
            c ^= Vector256.Load((ulong*)(source + i + 64));
            d ^= Vector256.Load((ulong*)(source + i + 96));
        }

        return Vector256.Sum(a ^ b ^ c ^ d);
    }
}
