using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>
/// The standard normal distribution for all lanes, to about 4e-7 of each value, also where the cumulative function is
/// close to 0. With a = |x| and t = 1 / (1 + a / 3.8), Φ(-a) = exp(-a² / 2) t P(t), where P is the polynomial of degree
/// 8 that interpolates at Chebyshev's nodes.
/// </summary>
internal static class NormalDistribution
{
    /// <summary>Further from 0, both functions stay at what they are here: about 4e-40 and 6e-39.</summary>
    private const float Farthest = 13.2f;

    private const float InverseSqrtTwoPi = 0.398942280f;

    /// <summary>The cumulative function Φ and the density φ; NaN where x is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<float> Cumulative, Vector<float> Density) At(Vector<float> x)
    {
        // With x as the second operand, NaN comes through.
        Vector<float> a = Vector.MinNative(new Vector<float>(Farthest), Vector.Abs(x));
        Vector<float> exponential = ExpOfMinusHalfSquare(a);
        Vector<float> t = Vector<float>.One
            / Vector.MultiplyAddEstimate(a, new Vector<float>(1 / 3.8f), Vector<float>.One);
        Vector<float> p = new(0.0312829994f);
        p = Vector.MultiplyAddEstimate(p, t, new Vector<float>(-0.150018539f));
        p = Vector.MultiplyAddEstimate(p, t, new Vector<float>(0.235038473f));
        p = Vector.MultiplyAddEstimate(p, t, new Vector<float>(-0.134078608f));
        p = Vector.MultiplyAddEstimate(p, t, new Vector<float>(0.149625913f));
        p = Vector.MultiplyAddEstimate(p, t, new Vector<float>(0.0556160198f));
        p = Vector.MultiplyAddEstimate(p, t, new Vector<float>(0.103137484f));
        p = Vector.MultiplyAddEstimate(p, t, new Vector<float>(0.104382661f));
        p = Vector.MultiplyAddEstimate(p, t, new Vector<float>(0.105013601f));
        Vector<float> tail = exponential * t * p;
        Vector<float> cumulative = Vector.ConditionalSelect(
            Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One - tail, tail);
        return (cumulative, InverseSqrtTwoPi * exponential);
    }

    /// <summary>exp(-a² / 2), for which the digits that a² loses are counted too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> ExpOfMinusHalfSquare(Vector<float> a)
    {
        Vector<float> square = a * a;
        Vector<float> lost = Vector.MultiplyAddEstimate(a, a, -square);
        Vector<float> exponential = Exponential.Of(-0.5f * square);
        return Vector.MultiplyAddEstimate(exponential, -0.5f * lost, exponential);
    }
}
