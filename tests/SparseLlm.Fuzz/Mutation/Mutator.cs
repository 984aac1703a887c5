namespace SparseLlm.Fuzz.Mutation;

/// <summary>Makes bad inputs of good ones: changes of single bytes, as disks and networks make them, and changes of
/// whole tokens, as people and programs do.</summary>
/// <param name="samples">Valid inputs.</param>
/// <param name="random">Decides everything.</param>
internal sealed class Mutator(IReadOnlyList<Sample> samples, Random random)
{
    private const int MostMutations = 5;
    private const int LongestRun = 64;

    /// <summary>An input that nobody has seen before.</summary>
    public byte[] Next()
    {
        Sample sample = Any(samples);
        for (int count = random.Next(2) == 0 ? 1 : random.Next(1, MostMutations); count > 0; count--)
        {
            byte[] bytes = Mutate(sample);
            if (count == 1)
            {
                return bytes;
            }

            sample = new Sample(bytes);
        }

        return sample.Bytes;
    }

    private byte[] Mutate(Sample sample)
        => sample.Tokens.Count > 0 && random.Next(5) > 0 ? MutateTokens(sample) : MutateBytes(sample.Bytes);

    private byte[] MutateTokens(Sample sample)
    {
        (int start, int end) = Bounds(Any(sample.Tokens), sample);
        switch (random.Next(12))
        {
            case 0:
                return Splice(sample.Bytes, start, end, []);
            case 1:
                return Twice(sample.Bytes, start, end);
            case 2:
                // From one token to another: a member, an item, a block.
                (_, int runEnd) = Bounds(Any(sample.Tokens), sample);
                return runEnd > start ? Twice(sample.Bytes, start, runEnd) : Splice(sample.Bytes, runEnd, end, []);
            case 3:
                return Splice(sample.Bytes, start, end, Any(OddTokens.Marks));
            case < 7:
                (int place, int placeEnd) = Bounds(Any(sample.Values), sample);
                (int otherStart, int otherEnd) = Bounds(Any(sample.Values), sample);
                return Splice(sample.Bytes, place, placeEnd, sample.Bytes.AsSpan(otherStart, otherEnd - otherStart));
            default:
                (place, placeEnd) = Bounds(Any(sample.Values), sample);
                return Splice(sample.Bytes, place, placeEnd, Any(OddTokens.Values));
        }
    }

    private byte[] MutateBytes(byte[] bytes)
    {
        if (bytes.Length == 0)
        {
            return [(byte)random.Next(256)];
        }

        int place = random.Next(bytes.Length);
        int length = Math.Min(random.Next(1, LongestRun), bytes.Length - place);
        switch (random.Next(7))
        {
            case 0:
                return Replaced(bytes, place, (byte)(bytes[place] ^ (1 << random.Next(8))));
            case 1:
                return Replaced(bytes, place, (byte)random.Next(256));
            case 2:
                return Splice(bytes, place, place, [(byte)random.Next(256)]);
            case 3:
                return Splice(bytes, place, place + length, []);
            case 4:
                return Twice(bytes, place, place + length);
            case 5:
                return bytes[..place];
            default:
                byte[] other = Any(samples).Bytes;
                int from = random.Next(other.Length);
                return Splice(bytes, place, place, other.AsSpan(from, Math.Min(length, other.Length - from)));
        }
    }

    private T Any<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    private static (int Start, int End) Bounds(Range range, Sample sample)
    {
        (int offset, int length) = range.GetOffsetAndLength(sample.Bytes.Length);
        return (offset, offset + length);
    }

    private static byte[] Replaced(byte[] bytes, int place, byte value)
    {
        byte[] copy = [.. bytes];
        copy[place] = value;
        return copy;
    }

    private static byte[] Twice(byte[] bytes, int start, int end)
        => Splice(bytes, end, end, bytes.AsSpan(start, end - start));

    private static byte[] Splice(byte[] bytes, int start, int end, ReadOnlySpan<byte> middle)
        => [.. bytes.AsSpan(0, start), .. middle, .. bytes.AsSpan(end)];
}
