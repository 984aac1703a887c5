using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>
/// tanh for all lanes, to about 2e-7 of each value: near 0 by a polynomial in x² (which interpolates tanh(x) / x at
/// Chebyshev's nodes), elsewhere by 1 - 2 / (exp(2 x) + 1).
/// </summary>
internal static class HyperbolicTangent
{
    /// <summary>Up to here, the polynomial.</summary>
    private const float Near = 0.625f;

    /// <summary>tanh(x); NaN where x is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Of(Vector<float> x)
    {
        Vector<float> magnitude = Vector.Abs(x);
        Vector<float> square = x * x;
        Vector<float> p = new(0.00229584167f);
        p = Vector.MultiplyAddEstimate(p, square, new Vector<float>(-0.00834698093f));
        p = Vector.MultiplyAddEstimate(p, square, new Vector<float>(0.0217699611f));
        p = Vector.MultiplyAddEstimate(p, square, new Vector<float>(-0.0539594059f));
        p = Vector.MultiplyAddEstimate(p, square, new Vector<float>(0.133333043f));
        p = Vector.MultiplyAddEstimate(p, square, new Vector<float>(-0.333333332f));
        Vector<float> near = Vector.MultiplyAddEstimate(p * square, x, x);
        Vector<float> far = Vector<float>.One
            - new Vector<float>(2) / (Exponential.Of(magnitude + magnitude) + Vector<float>.One);
        return Vector.ConditionalSelect(
            Vector.LessThanOrEqual(magnitude, new Vector<float>(Near)),
            near,
            Vector.CopySign(far, x));
    }
}
