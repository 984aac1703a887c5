using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <inheritdoc cref="Nonlinearity.GeluTanh"/>
/// <remarks>(1 + tanh(z)) / 2 is σ(2 z), which keeps its digits where tanh(z) is close to -1.</remarks>
internal readonly struct GeluTanh : IActivation
{
    /// <summary>2 √(2 / π).</summary>
    private const float Linear = 1.59576912f;

    private const float Cubic = 0.044715f;

    /// <summary>Beyond it, the derivative does not change; its parts would overflow.</summary>
    private const float Farthest = 30;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Value(Vector<float> x)
        => x * Sigmoid.Of(Linear * x * (Vector<float>.One + Cubic * x * x));

    /// <inheritdoc/>
    /// <remarks>f' = σ (1 + x (1 - σ) z'), z being what σ is taken of.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Slope(Vector<float> x, Vector<float> factor)
    {
        x = Vector.Max(Vector.Min(x, new Vector<float>(Farthest)), new Vector<float>(-Farthest));
        Vector<float> square = Cubic * x * x;
        Vector<float> sigmoid = Sigmoid.Of(Linear * x * (Vector<float>.One + square));
        Vector<float> slope = Linear * x * (Vector<float>.One + 3 * square);
        return factor * sigmoid * (Vector<float>.One + slope * (Vector<float>.One - sigmoid));
    }
}
