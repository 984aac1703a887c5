using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <summary>The up projection's half of <see cref="Nonlinearity.ClampedSwish"/>: clamp(x, -7, 7) + 1.</summary>
internal readonly struct ClampedUp : IActivation
{
    private const float Limit = 7;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Value(Vector<float> x) =>
        Vector.Max(Vector.Min(x, new Vector<float>(Limit)), new Vector<float>(-Limit)) + Vector<float>.One;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Slope(Vector<float> x, Vector<float> factor) => Vector.ConditionalSelect(
        Vector.GreaterThan(Vector.Abs(x), new Vector<float>(Limit)), Vector<float>.Zero, factor);
}
