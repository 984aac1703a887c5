using System.Numerics;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Gradients;

/// <summary>dy up silu'(gate), silu'(s) = σ(s) (1 + s (1 - σ(s))).</summary>
internal readonly struct SwiGluGateSlope : IMap
{
    /// <inheritdoc/>
    public Vector<float> Apply(Vector<float> gate, Vector<float> up, Vector<float> dy)
    {
        Vector<float> sigmoid = Sigmoid.Of(gate);
        return dy * up * sigmoid * (Vector<float>.One + gate * (Vector<float>.One - sigmoid));
    }
}
