using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Runtime.Kernels;

/// <summary>
/// Tables of shuffles that put values where a mask has its bits, and zeros elsewhere. They start at a cache line.
/// </summary>
internal static unsafe class ExpansionPatterns
{
    private const byte Nothing = 0xFF;
    private const int CacheLine = 64;

    /// <summary>For 4 bits of a mask, 16 bytes each: 16-bit values into the upper halves of four lanes.</summary>
    public static readonly byte* UpperByNibble = Create(
        4,
        16,
        (lane, value) => (4 * lane + 2, [(byte)(2 * value), (byte)(2 * value + 1)]));

    /// <summary>For 4 bits of a mask, 16 bytes each: floats into four lanes.</summary>
    public static readonly byte* WholeByNibble = Create(
        4, 16, (lane, value) => (4 * lane, [(byte)(4 * value), (byte)(4 * value + 1), (byte)(4 * value + 2), (byte)(4
            * value + 3)]));

    /// <summary>For 8 bits of a mask, 32 bytes each: 16-bit values into the upper halves of eight lanes.</summary>
    public static readonly byte* UpperByByte = Create(
        8,
        32,
        (lane, value) => (4 * lane + 2, [(byte)(2 * value), (byte)(2 * value + 1)]));

    /// <summary>For 8 bits of a mask, 8 bytes each: which float goes into each of eight lanes, or a negative
    /// number.</summary>
    public static readonly byte* WholeByByte = Create(8, 8, (lane, value) => (lane, [(byte)value]));

    /// <summary>The same for values that are the second eight of a vector.</summary>
    public static readonly byte* UpperHalfByByte = Create(8, 8, (lane, value) => (lane, [(byte)(value + 8)]));

    /// <summary>For 8 bits of a mask, 32 bytes each: bytes into the uppermost bytes of eight lanes.</summary>
    public static readonly byte* UppermostByByte = Create(8, 32, (lane, value) => (4 * lane + 3, [(byte)value]));

    private static byte* Create(int bits, int patternBytes, Func<int, int, (int Position, byte[] Indices)> place)
    {
        int count = 1 << bits;
        nint memory = RuntimeHelpers.AllocateTypeAssociatedMemory(
            typeof(ExpansionPatterns),
            count * patternBytes + CacheLine);
        byte* table = (byte*)((memory + CacheLine - 1) & -CacheLine);
        for (int mask = 0; mask < count; mask++)
        {
            var pattern = new Span<byte>(table + mask * patternBytes, patternBytes);
            pattern.Fill(Nothing);
            for (int lane = 0; lane < bits; lane++)
            {
                if ((mask >> lane & 1) != 0)
                {
                    (int position, byte[] indices) = place(
                        lane,
                        BitOperations.PopCount((uint)(mask & ((1 << lane) - 1))));
                    indices.CopyTo(pattern[position..]);
                }
            }
        }

        return table;
    }
}
