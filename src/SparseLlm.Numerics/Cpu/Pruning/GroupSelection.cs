using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>Exact-k selection in groups of consecutive columns.</summary>
internal static unsafe class GroupSelection
{
    /// <summary>mask = 1 for the <paramref name="keep"/> largest |score| of each group, ties to the lower
    /// index.</summary>
    public static void KeepLargest(WorkerTeam team, View<float> scores, int keep, int group, View<float> mask) =>
        Arithmetic.ForRows(
            team,
            scores,
            row => KeepLargestInRow(scores.At(row, 0), scores.Columns, keep, group, mask.At(row, 0)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeepLargestInRow(float* scores, int columns, int keep, int group, float* mask)
    {
        int first = group == 4 ? KeepLargestOfFour(scores, columns, keep, mask) : 0;
        for (int start = first; start < columns; start += group)
        {
            for (int i = start; i < start + group; i++)
            {
                float score = MathF.Abs(scores[i]);
                int before = 0;
                for (int j = start; j < i; j++)
                {
                    before += MathF.Abs(scores[j]) >= score ? 1 : 0;
                }

                for (int j = i + 1; j < start + group; j++)
                {
                    before += MathF.Abs(scores[j]) > score ? 1 : 0;
                }

                mask[i] = before < keep ? 1 : 0;
            }
        }
    }

    /// <summary>
    /// Groups of four, one per vector: an element's rank is counted by comparing the vector with its three rotations.
    /// Returns how many columns are done.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int KeepLargestOfFour(float* scores, int columns, int keep, float* mask)
    {
        // Where the rotation brings a lower index, equals go before.
        Vector128<int> lowerByOne = Vector128.Create(0, 0, 0, -1);
        Vector128<int> lowerByTwo = Vector128.Create(0, 0, -1, -1);
        Vector128<int> lowerByThree = Vector128.Create(0, -1, -1, -1);
        Vector128<int> minusKeep = Vector128.Create(-keep);
        for (int start = 0; start < columns; start += 4)
        {
            // Without their sign, floats order as integers.
            Vector128<int> value = Vector128.Load((int*)scores + start) & Vector128.Create(int.MaxValue);
            Vector128<int> minusBefore =
                Vector128.GreaterThan(Vector128.Shuffle(value, Vector128.Create(1, 2, 3, 0)) - lowerByOne, value)
                + Vector128.GreaterThan(Vector128.Shuffle(value, Vector128.Create(2, 3, 0, 1)) - lowerByTwo, value)
                + Vector128.GreaterThan(Vector128.Shuffle(value, Vector128.Create(3, 0, 1, 2)) - lowerByThree, value);
            Vector128<int> kept = Vector128.GreaterThan(minusBefore, minusKeep);
            (kept.AsSingle() & Vector128<float>.One).Store(mask + start);
        }

        return columns;
    }
}
