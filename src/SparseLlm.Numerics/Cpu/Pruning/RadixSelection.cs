using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>
/// Exact-k selection by radix: without their sign, floats order as their bits do as integers. Histograms of one digit
/// after the other find the k-th largest; a last pass writes the mask and gives what ties there are to the lowest
/// indices.
/// </summary>
internal sealed unsafe class RadixSelection(WorkerTeam team, BufferPool pool)
{
    /// <summary>Values of the largest digit.</summary>
    private const int Bins = 1 << 11;

    private const int HistogramLength = 2 * Bins;

    /// <summary>Scores per work item: enough to be worth a histogram.</summary>
    private const int Piece = 1 << 17;

    private const uint Magnitude = 0x7fffffff;

    private static readonly (int Shift, int Bits)[] Digits = [(20, 11), (10, 10), (0, 10)];

    /// <summary>Smaller digits for single rows, which are not long enough to be worth a large histogram.</summary>
    private static readonly (int Shift, int Bits)[] RowDigits = [(23, 8), (15, 8), (7, 8), (0, 7)];

    /// <summary>mask = 1 for the <paramref name="keep"/> largest |score|, 0 for the others.</summary>
    public void KeepLargest(float* scores, nint length, nint keep, float* mask)
    {
        int pieces = checked((int)((length + Piece - 1) / Piece));
        using Scratch<int> scratch = pool.RentScratch<int>((nint)pieces * HistogramLength);
        int* histograms = scratch.Data;
        var total = new long[Bins];
        uint prefix = 0;
        long wanted = keep;
        foreach ((int shift, int bits) in Digits)
        {
            uint known = prefix;
            team.RunChunks(length, Piece, (start, count) =>
                CountDigits(scores + start, count, shift, bits, known, histograms + start / Piece * HistogramLength));
            Array.Clear(total);
            for (int piece = 0; piece < pieces; piece++)
            {
                int* histogram = histograms + piece * (nint)HistogramLength;
                for (int digit = 0; digit < 1 << bits; digit++)
                {
                    total[digit] += histogram[digit];
                }
            }

            (uint found, long above) = FindDigit(total, bits, wanted);
            prefix |= found << shift;
            wanted -= above;
        }

        // The last histogram counts, per piece, how many are equal to the threshold.
        int last = (int)(prefix & ((1u << Digits[^1].Bits) - 1));
        var ties = new long[pieces];
        for (int piece = 0; piece < pieces; piece++)
        {
            ties[piece] = Math.Min(wanted, histograms[piece * (nint)HistogramLength + last]);
            wanted -= ties[piece];
        }

        team.RunChunks(length, Piece, (start, count) =>
            WriteMask(scores + start, count, prefix, ties[start / Piece], mask + start));
    }

    /// <summary>The same in every row, as many in each as makes the total exact.</summary>
    public void KeepLargestPerRow(View<float> scores, long keep, View<float> mask) =>
        team.RunChunks(scores.Rows, WorkerTeam.RowsPerChunk(scores.Columns), (start, count) =>
        {
            using Scratch<int> scratch = pool.RentScratch<int>(HistogramLength);
            var total = new long[Bins];
            for (nint row = start; row < start + count; row++)
            {
                long wanted = EvenShares.Of(keep, row, row + 1, scores.Rows);
                KeepLargestInRow(
                    scores.At((int)row, 0),
                    scores.Columns,
                    wanted,
                    mask.At((int)row, 0),
                    scratch.Data,
                    total);
            }
        });

    private static void KeepLargestInRow(float* scores, int count, long keep, float* mask, int* histogram, long[] total)
    {
        uint prefix = 0;
        long wanted = keep;
        foreach ((int shift, int bits) in RowDigits)
        {
            CountDigits(scores, count, shift, bits, prefix, histogram);
            for (int digit = 0; digit < 1 << bits; digit++)
            {
                total[digit] = histogram[digit];
            }

            (uint found, long above) = FindDigit(total, bits, wanted);
            prefix |= found << shift;
            wanted -= above;
        }

        WriteMask(scores, count, prefix, wanted, mask);
    }

    /// <summary>
    /// Histogram of one digit, of the scores whose higher digits are those of <paramref name="prefix"/>. Neighbours are
    /// counted in different halves, which are added at the end: scores of like size would wait for each other's
    /// counter.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CountDigits(float* scores, nint count, int shift, int bits, uint prefix, int* histogram)
    {
        int* odd = histogram + Bins;
        new Span<int>(histogram, 1 << bits).Clear();
        new Span<int>(odd, 1 << bits).Clear();
        uint* values = (uint*)scores;
        uint digitMask = (1u << bits) - 1;
        uint higher = prefix >> (shift + bits);
        nint i = 0;
        if (shift + bits == 31)
        {
            for (; i <= count - 2; i += 2)
            {
                histogram[(values[i] & Magnitude) >> shift]++;
                odd[(values[i + 1] & Magnitude) >> shift]++;
            }
        }
        else
        {
            var wanted = new Vector<uint>(higher);
            var magnitude = new Vector<uint>(Magnitude);
            for (; i <= count - Vector<uint>.Count; i += Vector<uint>.Count)
            {
                Vector<uint> prefixes = Vector.ShiftRightLogical(Vector.Load(values + i) & magnitude, shift + bits);
                if (Vector.EqualsAny(prefixes, wanted))
                {
                    for (nint lane = i; lane < i + Vector<uint>.Count; lane++)
                    {
                        uint value = values[lane] & Magnitude;
                        histogram[(value >> shift) & digitMask] += value >> (shift + bits) == higher ? 1 : 0;
                    }
                }
            }
        }

        for (; i < count; i++)
        {
            uint value = values[i] & Magnitude;
            histogram[(value >> shift) & digitMask] += value >> (shift + bits) == higher ? 1 : 0;
        }

        for (int digit = 0; digit < 1 << bits; digit++)
        {
            histogram[digit] += odd[digit];
        }
    }

    /// <summary>The digit of the wanted-th largest, and how many are larger by this digit.</summary>
    private static (uint Digit, long Above) FindDigit(long[] histogram, int bits, long wanted)
    {
        long above = 0;
        for (int digit = (1 << bits) - 1; digit > 0; digit--)
        {
            if (above + histogram[digit] >= wanted)
            {
                return ((uint)digit, above);
            }

            above += histogram[digit];
        }

        return (0, above);
    }

    /// <summary>mask = 1 above the threshold, and for the first <paramref name="ties"/> that are equal to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteMask(float* scores, nint count, uint threshold, long ties, float* mask)
    {
        uint* values = (uint*)scores;
        var magnitude = new Vector<int>((int)Magnitude);
        var limit = new Vector<int>((int)threshold);
        nint i = 0;
        for (; i <= count - Vector<int>.Count; i += Vector<int>.Count)
        {
            Vector<int> value = Vector.Load((int*)values + i) & magnitude;
            if (ties > 0 && Vector.EqualsAny(value, limit))
            {
                ties = WriteTies(values + i, Vector<int>.Count, threshold, ties, mask + i);
            }
            else
            {
                (Vector.AsVectorSingle(Vector.GreaterThan(value, limit)) & Vector<float>.One).Store(mask + i);
            }
        }

        WriteTies(values + i, count - i, threshold, ties, mask + i);
    }

    private static long WriteTies(uint* values, nint count, uint threshold, long ties, float* mask)
    {
        for (nint i = 0; i < count; i++)
        {
            uint value = values[i] & Magnitude;
            bool keep = value > threshold || (value == threshold && ties-- > 0);
            mask[i] = keep ? 1 : 0;
        }

        return ties;
    }
}
