using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <summary>The gate's half of <see cref="Nonlinearity.ClampedSwish"/>: g σ(1.702 g) with g = min(x, 7).</summary>
internal readonly struct ClampedGate : IActivation
{
    private const float Limit = 7;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Value(Vector<float> x) => QuickGelu.Value(Vector.Min(x, new Vector<float>(Limit)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Slope(Vector<float> x, Vector<float> factor) => Vector.ConditionalSelect(
        Vector.GreaterThan(x, new Vector<float>(Limit)), Vector<float>.Zero, QuickGelu.Slope(x, factor));
}
