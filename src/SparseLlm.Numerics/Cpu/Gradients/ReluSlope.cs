using System.Numerics;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Gradients;

/// <summary>dy where x is positive, else 0.</summary>
internal readonly struct ReluSlope : IMap
{
    /// <inheritdoc/>
    public Vector<float> Apply(Vector<float> x, Vector<float> dy, Vector<float> unused) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), dy, Vector<float>.Zero);
}
