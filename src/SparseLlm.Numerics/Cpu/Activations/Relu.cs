using System.Numerics;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <inheritdoc cref="Nonlinearity.Relu"/>
internal readonly struct Relu : IActivation
{
    /// <inheritdoc/>
    public static Vector<float> Value(Vector<float> x) => Vector.Max(x, Vector<float>.Zero);

    /// <inheritdoc/>
    public static Vector<float> Slope(Vector<float> x, Vector<float> factor) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), factor, Vector<float>.Zero);
}
