using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>
/// exp for all lanes, to about one unit in the last place: x = n ln 2 + r with |r| at most ln 2 / 2, a Taylor
/// polynomial for exp(r), and n added to the exponent. Several times faster than the framework's, which works in double
/// precision.
/// </summary>
internal static class Exponential
{
    /// <summary>Beyond these, 2^n is not a normal number: results stay at about 1e-38 and 2e38.</summary>
    private const float Least = -87.3f;

    private const float Greatest = 88.3f;
    private const float InverseLn2 = 1.44269504f;

    /// <summary>ln 2 in two parts, the first of so few bits that its product with n is exact.</summary>
    private const float Ln2High = 0.693359375f;

    private const float Ln2Low = -2.12194440e-4f;

    /// <summary>exp(x); NaN where x is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Of(Vector<float> x)
    {
        // With x as the second operand, NaN comes through.
        x = Vector.MinNative(new Vector<float>(Greatest), Vector.MaxNative(new Vector<float>(Least), x));
        Vector<float> n = Vector.Round(x * InverseLn2);
        Vector<float> r = Vector.MultiplyAddEstimate(n, new Vector<float>(-Ln2High), x);
        r = Vector.MultiplyAddEstimate(n, new Vector<float>(-Ln2Low), r);
        Vector<float> p = new(1 / 5040f);
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(1 / 720f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(1 / 120f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(1 / 24f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(1 / 6f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(0.5f));
        p = Vector.MultiplyAddEstimate(p, r, Vector<float>.One);
        p = Vector.MultiplyAddEstimate(p, r, Vector<float>.One);
        Vector<int> power = Vector.ShiftLeft(Vector.ConvertToInt32Native(n) + new Vector<int>(127), 23);
        return p * Vector.AsVectorSingle(power);
    }

    /// <inheritdoc cref="Of(Vector{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Of(Vector512<float> x)
    {
        x = Vector512.MinNative(Vector512.Create(Greatest), Vector512.MaxNative(Vector512.Create(Least), x));
        Vector512<float> n = Vector512.Round(x * InverseLn2);
        Vector512<float> r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-Ln2High), x);
        r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-Ln2Low), r);
        Vector512<float> p = Vector512.Create(1 / 5040f);
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1 / 720f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1 / 120f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1 / 24f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1 / 6f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(0.5f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512<float>.One);
        p = Vector512.MultiplyAddEstimate(p, r, Vector512<float>.One);
        Vector512<int> power = Vector512.ShiftLeft(Vector512.ConvertToInt32Native(n) + Vector512.Create(127), 23);
        return p * power.AsSingle();
    }

    /// <summary>destination = exp(x - shift); the destination may be x. Returns the sum, taken in double
    /// precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe double ShiftedSum(float* x, float shift, int count, float* destination)
    {
        var minus = new Vector<float>(-shift);
        int i = 0;
        for (; Vector512.IsHardwareAccelerated && i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Of(Vector512.Load(x + i) - Vector512.Create(shift)).Store(destination + i);
        }

        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Of(Vector.Load(x + i) + minus).Store(destination + i);
        }

        if (i < count)
        {
            float* last = stackalloc float[Vector<float>.Count];
            for (int lane = 0; lane < Vector<float>.Count; lane++)
            {
                last[lane] = lane < count - i ? x[i + lane] : shift;
            }

            Of(Vector.Load(last) + minus).Store(last);
            for (int lane = 0; lane < count - i; lane++)
            {
                destination[i + lane] = last[lane];
            }
        }

        return Reductions.Sum(destination, count);
    }
}
