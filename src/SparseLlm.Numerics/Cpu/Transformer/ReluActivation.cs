using System.Numerics;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Transformer;

/// <summary>max(x, 0).</summary>
internal readonly struct ReluActivation : IMap
{
    /// <inheritdoc/>
    public Vector<float> Apply(Vector<float> x, Vector<float> y, Vector<float> z) => Vector.Max(x, Vector<float>.Zero);
}
