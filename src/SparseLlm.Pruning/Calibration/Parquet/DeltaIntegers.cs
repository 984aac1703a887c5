namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>Whole numbers of which differences are stored, packed into as many bits as a small group of them needs: the
/// lengths of strings in two of Parquet's encodings.</summary>
internal static class DeltaIntegers
{
    // Writers have blocks of 128 or 2048 numbers. Those of a block may take no bytes at all.
    private const int LargestBlock = 1 << 14;

    /// <summary>Decodes all numbers.</summary>
    /// <param name="data">The bytes, which may go on behind the numbers.</param>
    /// <param name="most">How many numbers there can be.</param>
    /// <param name="length">The bytes that they take.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public static int[] Decode(ReadOnlySpan<byte> data, int most, out int length)
    {
        int position = 0;
        long blockSize = (long)Variable(data, ref position);
        long groups = (long)Variable(data, ref position);
        long count = (long)Variable(data, ref position);
        long value = Signed(Variable(data, ref position));
        if (groups is <= 0 or > LargestBlock || blockSize is <= 0 or > LargestBlock || blockSize % (groups * 8) != 0
            || count < 0
            || count > most)
        {
            throw new InvalidDataException("the header of a page's lengths is damaged");
        }

        var numbers = new List<int>();
        int perGroup = (int)(blockSize / groups);
        if (count > 0)
        {
            numbers.Add((int)value);
        }

        while (numbers.Count < count)
        {
            long least = Signed(Variable(data, ref position));
            ReadOnlySpan<byte> widths = Take(data, ref position, (int)groups);
            foreach (byte width in widths)
            {
                if (numbers.Count >= count)
                {
                    break;
                }

                ReadOnlySpan<byte> packed = width <= 64
                    ? Take(data, ref position, perGroup * width / 8)
                    : throw new InvalidDataException("the widths of a page's lengths are damaged");
                for (int i = 0; i < perGroup && numbers.Count < count; i++)
                {
                    value = unchecked(value + least + (long)Packed(packed, (long)i * width, width));
                    numbers.Add(value is >= 0 and <= int.MaxValue
                        ? (int)value
                        : throw new InvalidDataException("a length in a page is none"));
                }
            }
        }

        length = position;
        return [.. numbers];
    }

    private static ulong Packed(ReadOnlySpan<byte> data, long from, int width)
    {
        UInt128 value = 0;
        int first = (int)(from / 8);
        for (int i = 0; i < 9 && first + i < data.Length; i++)
        {
            value |= (UInt128)data[first + i] << (8 * i);
        }

        return (ulong)((value >> (int)(from % 8)) & (((UInt128)1 << width) - 1));
    }

    private static ulong Variable(ReadOnlySpan<byte> data, ref int position)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Take(data, ref position, 1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("a number in a page does not end");
    }

    private static long Signed(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> data, ref int position, int count)
    {
        if (count > data.Length - position)
        {
            throw new InvalidDataException("the lengths of a page are cut off");
        }

        position += count;
        return data.Slice(position - count, count);
    }
}
