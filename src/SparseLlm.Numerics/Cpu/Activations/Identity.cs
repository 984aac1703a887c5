using System.Numerics;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <summary>x: what most gated activations do with the up projection.</summary>
internal readonly struct Identity : IActivation
{
    /// <inheritdoc/>
    public static Vector<float> Value(Vector<float> x) => x;

    /// <inheritdoc/>
    public static Vector<float> Slope(Vector<float> x, Vector<float> factor) => factor;
}
