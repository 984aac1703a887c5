using System.Numerics;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Transformer;

/// <summary>silu(gate) up.</summary>
internal readonly struct SwiGluActivation : IMap
{
    /// <inheritdoc/>
    public Vector<float> Apply(Vector<float> gate, Vector<float> up, Vector<float> unused) => gate * Sigmoid.Of(gate) * up;
}
