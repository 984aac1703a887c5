using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>Exact-k selection in groups of consecutive columns.</summary>
internal static unsafe class GroupSelection
{
    /// <summary>mask = 1 for the <paramref name="keep"/> largest |score| of each group, ties to the lower index.</summary>
    public static void KeepLargest(WorkerTeam team, View<float> scores, int keep, int group, View<float> mask) =>
        Arithmetic.ForRows(team, scores, row => KeepLargestInRow(scores.At(row, 0), scores.Columns, keep, group, mask.At(row, 0)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeepLargestInRow(float* scores, int columns, int keep, int group, float* mask)
    {
        for (int start = 0; start < columns; start += group)
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
}
