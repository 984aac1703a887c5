using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Runtime.Kernels;

/// <summary>
/// Tables of shuffles that put values where a mask has its bits, and zeros elsewhere. They start at a cache line.
/// </summary>
internal static unsafe class ExpansionPatterns
{
    // A count added to it does not carry its uppermost bit away, which is what makes a zero.
    private const byte Nothing = 0x80;
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

    /// <summary>For 8 bits of a mask, 16 bytes each: which byte goes into each of the first eight lanes, or a negative
    /// number, and how many do for each of the others.</summary>
    public static readonly byte* LowerHalfByByte = CreateHalf(isLower: true);

    /// <summary>The same for the second eight lanes, and nothing for the first. The sum of both places bytes by 16 bits
    /// of a mask.</summary>
    public static readonly byte* UpperHalfByByte = CreateHalf(isLower: false);

    private static byte* CreateHalf(bool isLower)
    {
        const int Half = 8;
        const int Masks = 256;
        byte* table = Allocate(Masks * 2 * Half);
        for (int mask = 0; mask < Masks; mask++)
        {
            var indices = new ReadOnlySpan<byte>(WholeByByte + mask * Half, Half);
            var lower = new Span<byte>(table + mask * 2 * Half, Half);
            var upper = new Span<byte>(table + (mask * 2 + 1) * Half, Half);
            indices.CopyTo(isLower ? lower : upper);
            (isLower ? upper : lower).Fill(isLower ? (byte)BitOperations.PopCount((uint)mask) : (byte)0);
        }

        return table;
    }

    private static byte* Create(int bits, int patternBytes, Func<int, int, (int Position, byte[] Indices)> place)
    {
        int count = 1 << bits;
        byte* table = Allocate(count * patternBytes);
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

    private static byte* Allocate(int bytes)
    {
        nint memory = RuntimeHelpers.AllocateTypeAssociatedMemory(typeof(ExpansionPatterns), bytes + CacheLine);
        return (byte*)((memory + CacheLine - 1) & -CacheLine);
    }
}
