using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <inheritdoc cref="Nonlinearity.Gelu"/>
internal readonly struct Gelu : IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Value(Vector<float> x)
    {
        (Vector<float> cumulative, _) = NormalDistribution.At(x);
        return x * cumulative;
    }

    /// <inheritdoc/>
    /// <remarks>f' = Φ + x φ.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Slope(Vector<float> x, Vector<float> factor)
    {
        (Vector<float> cumulative, Vector<float> density) = NormalDistribution.At(x);
        return factor * Vector.MultiplyAddEstimate(x, density, cumulative);
    }
}
