using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>
/// Sums in double precision. Pieces have a fixed size and a fixed number of partial sums, so that the bits depend
/// neither on the number of threads nor on the width of the vectors.
/// </summary>
internal static unsafe class Reductions
{
    /// <summary>Σ x_ij y_ij.</summary>
    public static double Dot<T>(WorkerTeam team, View<T> x, View<T> y)
        where T : unmanaged
    {
        var partial = new double[(x.Length + WorkerTeam.Chunk - 1) / WorkerTeam.Chunk];
        team.RunChunks(x.Length, WorkerTeam.Chunk, (start, count) =>
            partial[start / WorkerTeam.Chunk] = Dot(x.Data + start, y.Data + start, count));
        double sum = 0;
        foreach (double part in partial)
        {
            sum += part;
        }

        return sum;
    }

    /// <summary>Σ_j x_ij y_ij for every row.</summary>
    public static void RowDots(WorkerTeam team, View<float> x, View<float> y, double* sums) =>
        Arithmetic.ForRows(team, x, i => sums[i] = Dot(x.At(i, 0), y.At(i, 0), x.Columns));

    /// <summary>Σ |x_ij|, one after the other, row by row.</summary>
    public static double SumMagnitudes(View<float> x)
    {
        double sum = 0;
        for (int i = 0; i < x.Rows; i++)
        {
            sum = AddMagnitudes(sum, x.Row(i));
        }

        return sum;
    }

    /// <summary>Σ |x_i|, one after the other.</summary>
    public static double SumMagnitudes(ReadOnlySpan<float> x) => AddMagnitudes(0, x);

    /// <summary>Index of the first NaN or infinity, or -1.</summary>
    public static long FirstNonFinite<T>(WorkerTeam team, View<T> x)
        where T : unmanaged, IFloatingPoint<T>
    {
        long first = long.MaxValue;
        team.RunChunks(x.Length, WorkerTeam.Chunk, (start, count) =>
        {
            if (start > Volatile.Read(ref first))
            {
                return;
            }

            nint found = FirstNonFinite(x.Data + start, count);
            if (found >= 0)
            {
                LowerTo(ref first, start + found);
            }
        });
        return first == long.MaxValue ? -1 : first;
    }

    /// <summary>Σ x_i y_i, products and sums in double, sixteen partial sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot<T>(T* x, T* y, nint count)
        where T : unmanaged
    {
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        nint i = 0;
        for (; i <= count - 16; i += 16)
        {
            s0 += Load4(x + i) * Load4(y + i);
            s1 += Load4(x + i + 4) * Load4(y + i + 4);
            s2 += Load4(x + i + 8) * Load4(y + i + 8);
            s3 += Load4(x + i + 12) * Load4(y + i + 12);
        }

        Vector256<double> total = (s0 + s1) + (s2 + s3);
        double sum = (total[0] + total[1]) + (total[2] + total[3]);
        for (; i < count; i++)
        {
            sum += ToDouble(x[i]) * ToDouble(y[i]);
        }

        return sum;
    }

    /// <summary>Σ x_i, in double, sixteen partial sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Sum(float* x, nint count)
    {
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        nint i = 0;
        for (; i <= count - 16; i += 16)
        {
            s0 += Load4(x + i);
            s1 += Load4(x + i + 4);
            s2 += Load4(x + i + 8);
            s3 += Load4(x + i + 12);
        }

        Vector256<double> total = (s0 + s1) + (s2 + s3);
        double sum = (total[0] + total[1]) + (total[2] + total[3]);
        for (; i < count; i++)
        {
            sum += x[i];
        }

        return sum;
    }

    /// <summary>Four elements in double precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Load4<T>(T* x)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
        {
            return Vector256.Load((double*)x);
        }

        if (Avx.IsSupported)
        {
            return Avx.ConvertToVector256Double(Vector128.Load((float*)x));
        }

        (Vector128<double> lower, Vector128<double> upper) = Vector128.Widen(Vector128.Load((float*)x));
        return Vector256.Create(lower, upper);
    }

    private static double AddMagnitudes(double sum, ReadOnlySpan<float> x)
    {
        foreach (float value in x)
        {
            sum += Math.Abs(value);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double ToDouble<T>(T x)
        where T : unmanaged => typeof(T) == typeof(double) ? (double)(object)x : (float)(object)x;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static nint FirstNonFinite<T>(T* x, nint count)
        where T : unmanaged, IFloatingPoint<T>
    {
        nint i = 0;
        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
        {
            // x - x is 0 for what is finite, and NaN otherwise.
            Vector<T> value = Vector.Load(x + i);
            if (!Vector.EqualsAll(value - value, Vector<T>.Zero))
            {
                break;
            }
        }

        for (; i < count; i++)
        {
            if (!T.IsFinite(x[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static void LowerTo(ref long target, long value)
    {
        long seen = Volatile.Read(ref target);
        while (value < seen)
        {
            long previous = Interlocked.CompareExchange(ref target, value, seen);
            if (previous == seen)
            {
                return;
            }

            seen = previous;
        }
    }
}
