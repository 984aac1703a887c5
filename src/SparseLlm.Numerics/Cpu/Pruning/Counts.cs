using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>Counts of elements.</summary>
internal static unsafe class Counts
{
    /// <summary>How many elements are not zero (NaN is not).</summary>
    public static long NonZero(WorkerTeam team, View<float> x)
    {
        long total = 0;
        team.RunChunks(x.Length, WorkerTeam.Chunk, (start, count) =>
            Interlocked.Add(ref total, Different(x.Data + start, null, (int)count)));
        return total;
    }

    /// <summary>In how many elements x and y differ.</summary>
    public static long Different(WorkerTeam team, View<float> x, View<float> y)
    {
        long total = 0;
        team.RunChunks(x.Length, WorkerTeam.Chunk, (start, count) =>
            Interlocked.Add(ref total, Different(x.Data + start, y.Data + start, (int)count)));
        return total;
    }

    /// <summary>How many elements have a magnitude above a threshold.</summary>
    public static long Above(WorkerTeam team, View<float> x, double threshold)
    {
        long total = 0;
        team.RunChunks(x.Length, WorkerTeam.Chunk, (start, count) =>
            Interlocked.Add(ref total, Above(x.Data + start, (int)count, threshold)));
        return total;
    }

    private static int Above(float* x, int count, double threshold)
    {
        int above = 0;
        for (int i = 0; i < count; i++)
        {
            above += Math.Abs(x[i]) > threshold ? 1 : 0;
        }

        return above;
    }

    /// <summary>In how many elements x differs from y, or from zero where there is no y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Different(float* x, float* y, int count)
    {
        // A comparison gives -1 in every lane that is equal.
        Vector<int> minusEqual = Vector<int>.Zero;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            minusEqual += Vector.Equals(Vector.Load(x + i), y == null ? Vector<float>.Zero : Vector.Load(y + i));
        }

        int equal = -Vector.Sum(minusEqual);
        for (; i < count; i++)
        {
            equal += x[i] == (y == null ? 0 : y[i]) ? 1 : 0;
        }

        return count - equal;
    }
}
