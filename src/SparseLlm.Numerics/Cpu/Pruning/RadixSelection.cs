using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>
/// Exact-k selection by radix: without their sign, floats order as their bits do as integers. Three histograms, of eleven,
/// ten and ten bits, find the k-th largest; a last pass writes the mask and gives what ties there are to the lowest indices.
/// </summary>
internal sealed unsafe class RadixSelection(WorkerTeam team, BufferPool pool)
{
    private const int Bins = 1 << 11;
    private const uint Magnitude = 0x7fffffff;

    private static readonly (int Shift, int Bits)[] Digits = [(20, 11), (10, 10), (0, 10)];

    /// <summary>mask = 1 for the <paramref name="keep"/> largest |score|, 0 for the others.</summary>
    public void KeepLargest(float* scores, nint length, nint keep, float* mask)
    {
        int chunks = checked((int)((length + WorkerTeam.Chunk - 1) / WorkerTeam.Chunk));
        using Scratch<int> scratch = pool.RentScratch<int>((nint)chunks * Bins);
        int* histograms = scratch.Data;
        uint prefix = 0;
        nint wanted = keep;
        foreach ((int shift, int bits) in Digits)
        {
            uint known = prefix;
            team.RunChunks(length, WorkerTeam.Chunk, (start, count) =>
                CountDigits(scores + start, count, shift, bits, known, histograms + start / WorkerTeam.Chunk * Bins));
            (uint digit, nint above) = FindDigit(histograms, chunks, bits, wanted);
            prefix |= digit << shift;
            wanted -= above;
        }

        // The last histogram counts, per chunk, how many are equal to the threshold.
        int last = (int)(prefix & ((1u << Digits[^1].Bits) - 1));
        var ties = new nint[chunks];
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            ties[chunk] = Math.Min(wanted, histograms[chunk * (nint)Bins + last]);
            wanted -= ties[chunk];
        }

        team.RunChunks(length, WorkerTeam.Chunk, (start, count) =>
            WriteMask(scores + start, count, prefix, ties[start / WorkerTeam.Chunk], mask + start));
    }

    /// <summary>The same in every row, as many in each as makes the total exact.</summary>
    public void KeepLargestPerRow(View<float> scores, long keep, View<float> mask) =>
        team.RunChunks(scores.Rows, WorkerTeam.RowsPerChunk(scores.Columns), (start, count) =>
        {
            using Scratch<int> scratch = pool.RentScratch<int>(Bins);
            for (nint row = start; row < start + count; row++)
            {
                nint wanted = (nint)((Int128)keep * (row + 1) / scores.Rows - (Int128)keep * row / scores.Rows);
                KeepLargestInRow(scores.At((int)row, 0), scores.Columns, wanted, mask.At((int)row, 0), scratch.Data);
            }
        });

    private static void KeepLargestInRow(float* scores, int count, nint keep, float* mask, int* histogram)
    {
        uint prefix = 0;
        nint wanted = keep;
        foreach ((int shift, int bits) in Digits)
        {
            CountDigits(scores, count, shift, bits, prefix, histogram);
            (uint digit, nint above) = FindDigit(histogram, 1, bits, wanted);
            prefix |= digit << shift;
            wanted -= above;
        }

        WriteMask(scores, count, prefix, wanted, mask);
    }

    /// <summary>Histogram of one digit, of the scores whose higher digits are those of <paramref name="prefix"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CountDigits(float* scores, nint count, int shift, int bits, uint prefix, int* histogram)
    {
        new Span<int>(histogram, Bins).Clear();
        uint* values = (uint*)scores;
        uint digitMask = (1u << bits) - 1;
        if (shift + bits == 31)
        {
            for (nint i = 0; i < count; i++)
            {
                histogram[(values[i] & Magnitude) >> shift]++;
            }

            return;
        }

        uint higher = prefix >> (shift + bits);
        for (nint i = 0; i < count; i++)
        {
            uint value = values[i] & Magnitude;
            if (value >> (shift + bits) == higher)
            {
                histogram[(value >> shift) & digitMask]++;
            }
        }
    }

    /// <summary>The digit of the wanted-th largest, and how many are larger by this digit.</summary>
    private static (uint Digit, nint Above) FindDigit(int* histograms, int chunks, int bits, nint wanted)
    {
        nint above = 0;
        for (int digit = (1 << bits) - 1; digit > 0; digit--)
        {
            nint count = 0;
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                count += histograms[chunk * (nint)Bins + digit];
            }

            if (above + count >= wanted)
            {
                return ((uint)digit, above);
            }

            above += count;
        }

        return (0, above);
    }

    /// <summary>mask = 1 above the threshold, and for the first <paramref name="ties"/> that are equal to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteMask(float* scores, nint count, uint threshold, nint ties, float* mask)
    {
        uint* values = (uint*)scores;
        for (nint i = 0; i < count; i++)
        {
            uint value = values[i] & Magnitude;
            bool keep = value > threshold || (value == threshold && ties-- > 0);
            mask[i] = keep ? 1 : 0;
        }
    }
}
