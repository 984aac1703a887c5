using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// Masks of rows, and values that are moved by them. Bit i % 8 of byte i / 8 is that of column i. A byte of a mask
/// stands for eight elements of two bytes, half a byte for four elements of four bytes; either way its value chooses
/// the pattern by which a vector of 16 bytes is shuffled.
/// </summary>
internal static class RowMask
{
    /// <summary>Bytes behind values that moving them may read or write, whatever they are.</summary>
    public const int Slack = 16;

    private const byte Nothing = 0xFF;

    // By mask: which byte of the values each byte of the row comes from, and the other way round.
    private static readonly Vector128<byte>[] ExpandTwo = Patterns(2, Expansion);
    private static readonly Vector128<byte>[] ExpandFour = Patterns(4, Expansion);
    private static readonly Vector128<byte>[] CompactTwo = Patterns(2, Compaction);
    private static readonly Vector128<byte>[] CompactFour = Patterns(4, Compaction);

    /// <summary>Marks the elements with any bit set.</summary>
    /// <param name="row">Elements of two or four bytes.</param>
    /// <param name="elementBytes">Which of these.</param>
    /// <param name="mask">A bit for each.</param>
    public static void Of(ReadOnlySpan<byte> row, int elementBytes, Span<byte> mask)
    {
        int columns = row.Length / elementBytes;
        int whole = columns / 8;
        for (int i = 0; i < whole; i++)
        {
            mask[i] = elementBytes == 2
                ? (byte)~Vector128.Equals(
                    Vector128.Create<ushort>(MemoryMarshal.Cast<byte, ushort>(row.Slice(16 * i, 16))),
                    default).ExtractMostSignificantBits()
                : (byte)~(Zeros(row.Slice(32 * i, 16)) | (Zeros(row.Slice(32 * i + 16, 16)) << 4));
        }

        if (columns % 8 != 0)
        {
            mask[whole] = 0;
            for (int i = 8 * whole; i < columns; i++)
            {
                mask[whole] |= (byte)(row.Slice(i * elementBytes, elementBytes).ContainsAnyExcept((byte)0)
                    ? 1 << (i % 8)
                    : 0);
            }
        }

        static uint Zeros(ReadOnlySpan<byte> four)
            => Vector128.Equals(Vector128.Create<uint>(MemoryMarshal.Cast<byte, uint>(four)),
            default).ExtractMostSignificantBits();
    }

    /// <summary>Marks all columns.</summary>
    public static void MarkAll(MatrixShape matrix, Span<byte> mask)
    {
        mask.Fill(byte.MaxValue);
        if (matrix.Columns % 8 != 0)
        {
            mask[^1] = (byte)((1 << (matrix.Columns % 8)) - 1);
        }
    }

    /// <summary>Whether a column's bit is set.</summary>
    public static bool IsMarked(ReadOnlySpan<byte> mask, int column) => (mask[column / 8] >> (column % 8) & 1) != 0;

    /// <summary>How many bits are set.</summary>
    public static long Count(ReadOnlySpan<byte> mask)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(mask);
        long count = 0;
        foreach (ulong word in words)
        {
            count += BitOperations.PopCount(word);
        }

        foreach (byte rest in mask[(sizeof(ulong) * words.Length)..])
        {
            count += BitOperations.PopCount(rest);
        }

        return count;
    }

    /// <summary>The bits of a group of 2, 4, 8, 16 or 32 columns, the first one lowest.</summary>
    public static uint Bits(ReadOnlySpan<byte> mask, int firstColumn, int size) => size switch
    {
        32 => BinaryPrimitives.ReadUInt32LittleEndian(mask[(firstColumn / 8)..]),
        16 => BinaryPrimitives.ReadUInt16LittleEndian(mask[(firstColumn / 8)..]),
        _ => ((uint)mask[firstColumn / 8] >> (firstColumn % 8)) & ((1u << size) - 1),
    };

    /// <summary>How many bits are set in each group of 2, 4, 8, 16 or 32, in its place: pairs are added to pairs until
    /// they are as large.</summary>
    public static ulong GroupCounts(ulong bits, int size)
    {
        ulong counts = bits - (bits >> 1 & 0x5555_5555_5555_5555);
        if (size > 2)
        {
            counts = (counts & 0x3333_3333_3333_3333) + (counts >> 2 & 0x3333_3333_3333_3333);
        }

        if (size > 4)
        {
            counts = (counts + (counts >> 4)) & 0x0F0F_0F0F_0F0F_0F0F;
        }

        if (size > 8)
        {
            counts = (counts + (counts >> 8)) & 0x00FF_00FF_00FF_00FF;
        }

        return size > 16 ? (counts + (counts >> 16)) & 0x0000_FFFF_0000_FFFF : counts;
    }

    /// <summary>Whether a bit is set behind the last column.</summary>
    public static bool HasBitsBehind(ReadOnlySpan<byte> mask, int columns)
        => columns % 8 != 0 && mask[^1] >> (columns % 8) != 0;

    /// <summary>Writes the marked elements of a row one after the other.</summary>
    /// <param name="row">The row.</param>
    /// <param name="mask">Its mask.</param>
    /// <param name="elementBytes">Two or four.</param>
    /// <param name="values">Takes them; <see cref="Slack"/> bytes more than they are.</param>
    /// <returns>Bytes written.</returns>
    public static int Compact(ReadOnlySpan<byte> row, ReadOnlySpan<byte> mask, int elementBytes, Span<byte> values)
    {
        int written = 0;
        int whole = row.Length / Vector128<byte>.Count;
        for (int i = 0; i < whole; i++)
        {
            int marks = Marks(mask, i, elementBytes);
            Vector128<byte> pattern = (elementBytes == 2 ? CompactTwo : CompactFour)[marks];
            Vector128.Shuffle(Vector128.Create(row.Slice(Vector128<byte>.Count * i, Vector128<byte>.Count)), pattern)
                .CopyTo(values[written..]);
            written += BitOperations.PopCount((uint)marks) * elementBytes;
        }

        for (int element = whole * Vector128<byte>.Count / elementBytes; element < row.Length / elementBytes; element++)
        {
            if (IsMarked(mask, element))
            {
                row.Slice(element * elementBytes, elementBytes).CopyTo(values[written..]);
                written += elementBytes;
            }
        }

        return written;
    }

    /// <summary>Writes a row, or a part of it: values where it is marked, zeros elsewhere.</summary>
    /// <param name="values">The values; <see cref="Slack"/> bytes more than are marked.</param>
    /// <param name="mask">The mask from the first column on.</param>
    /// <param name="elementBytes">Two or four.</param>
    /// <param name="row">Takes them.</param>
    public static void Expand(ReadOnlySpan<byte> values, ReadOnlySpan<byte> mask, int elementBytes, Span<byte> row)
    {
        int read = 0;
        int whole = row.Length / Vector128<byte>.Count;
        for (int i = 0; i < whole; i++)
        {
            int marks = Marks(mask, i, elementBytes);
            Vector128<byte> pattern = (elementBytes == 2 ? ExpandTwo : ExpandFour)[marks];
            Vector128.Shuffle(Vector128.Create(values.Slice(read, Vector128<byte>.Count)), pattern)
                .CopyTo(row[(Vector128<byte>.Count * i)..]);
            read += BitOperations.PopCount((uint)marks) * elementBytes;
        }

        Span<byte> rest = row[(whole * Vector128<byte>.Count)..];
        rest.Clear();
        for (int element = 0; element < rest.Length / elementBytes; element++)
        {
            if (IsMarked(mask, whole * Vector128<byte>.Count / elementBytes + element))
            {
                values.Slice(read, elementBytes).CopyTo(rest[(element * elementBytes)..]);
                read += elementBytes;
            }
        }
    }

    /// <summary>The bits that stand for a vector's elements.</summary>
    private static int Marks(ReadOnlySpan<byte> mask, int vector, int elementBytes) =>
        elementBytes == 2 ? mask[vector] : (mask[vector / 2] >> (4 * (vector % 2))) & 0xF;

    private static Vector128<byte>[] Patterns(int elementBytes, Func<int, int, byte[]> pattern) =>
        [.. Enumerable.Range(0, 1 << (Vector128<byte>.Count / elementBytes))
            .Select(marks => Vector128.Create(pattern(marks, elementBytes)))];

    private static byte[] Expansion(int marks, int elementBytes)
    {
        byte[] pattern = [.. Enumerable.Repeat(Nothing, Vector128<byte>.Count)];
        int value = 0;
        for (int i = 0; i < Vector128<byte>.Count; i++)
        {
            if ((marks >> (i / elementBytes) & 1) != 0)
            {
                pattern[i] = (byte)value++;
            }
        }

        return pattern;
    }

    private static byte[] Compaction(int marks, int elementBytes)
    {
        byte[] kept = [.. Enumerable.Range(0, Vector128<byte>.Count).Where(i => (marks >> (i / elementBytes) & 1) != 0)
            .Select(i => (byte)i)];
        return [.. kept, .. Enumerable.Repeat(Nothing, Vector128<byte>.Count - kept.Length)];
    }
}
