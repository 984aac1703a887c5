using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <inheritdoc cref="Nonlinearity.QuickGelu"/>
internal readonly struct QuickGelu : IActivation
{
    private const float Steepness = 1.702f;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Value(Vector<float> x) => x * Sigmoid.Of(Steepness * x);

    /// <inheritdoc/>
    /// <remarks>f' = σ (1 + 1.702 x (1 - σ)).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Slope(Vector<float> x, Vector<float> factor)
    {
        Vector<float> steep = Steepness * x;
        Vector<float> sigmoid = Sigmoid.Of(steep);
        return factor * sigmoid * (Vector<float>.One + steep * (Vector<float>.One - sigmoid));
    }
}
