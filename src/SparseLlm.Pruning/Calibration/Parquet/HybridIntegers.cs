namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>
/// Small whole numbers in the encoding that Parquet has for levels and for places in a dictionary: runs of one number,
/// and groups of eight packed into a few bits each. They are decoded one at a time, since a run of a few bytes can have
/// any length.
/// </summary>
/// <param name="data">The bytes.</param>
/// <param name="bits">The bits of a number, 0 to 32.</param>
internal sealed class HybridIntegers(ReadOnlyMemory<byte> data, int bits)
{
    private int position;
    private long left;
    private bool isPacked;
    private int repeated;
    private long bit;

    /// <summary>The next number.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public int Next()
    {
        if (bits == 0)
        {
            return 0;
        }

        while (left == 0)
        {
            BeginRun();
        }

        left--;
        if (!isPacked)
        {
            return repeated;
        }

        int value = Packed(data.Span[position..], bit);
        bit += bits;
        if (left == 0)
        {
            position += (int)(bit / 8);
        }

        return value;
    }

    private void BeginRun()
    {
        uint header = Variable();
        isPacked = (header & 1) == 1;
        bit = 0;
        if (isPacked)
        {
            left = (header >> 1) * 8L;

            // The last group may be cut off where its numbers end.
            left = Math.Min(left, (data.Length - position) * 8L / bits);
            if (left == 0)
            {
                throw Ended();
            }
        }
        else
        {
            left = header >> 1;
            int bytes = (bits + 7) / 8;
            repeated = 0;
            for (int i = 0; i < bytes; i++)
            {
                repeated |= Byte() << (8 * i);
            }
        }
    }

    private int Packed(ReadOnlySpan<byte> group, long from)
    {
        ulong value = 0;
        int first = (int)(from / 8);
        for (int i = 0; i < 5 && first + i < group.Length; i++)
        {
            value |= (ulong)group[first + i] << (8 * i);
        }

        return (int)((value >> (int)(from % 8)) & ((1UL << bits) - 1));
    }

    private uint Variable()
    {
        uint value = 0;
        for (int shift = 0; shift < 32; shift += 7)
        {
            int next = Byte();
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Ended();
    }

    private int Byte() => position < data.Length ? data.Span[position++] : throw Ended();

    private static InvalidDataException Ended() => new("the levels or places of a page end before its values");
}
