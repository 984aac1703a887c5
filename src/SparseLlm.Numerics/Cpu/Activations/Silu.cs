using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <inheritdoc cref="Nonlinearity.Silu"/>
internal readonly struct Silu : IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Value(Vector<float> x) => x * Sigmoid.Of(x);

    /// <inheritdoc/>
    /// <remarks>f' = σ (1 + x (1 - σ)).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Slope(Vector<float> x, Vector<float> factor)
    {
        Vector<float> sigmoid = Sigmoid.Of(x);
        return factor * sigmoid * (Vector<float>.One + x * (Vector<float>.One - sigmoid));
    }
}
