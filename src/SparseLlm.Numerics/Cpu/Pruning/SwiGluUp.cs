using System.Numerics;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>argmin over z of gamma (p - silu(s) z)² + alpha (z - m)²: a parabola in z.</summary>
internal readonly struct SwiGluUp(float alpha, float gamma) : ITernaryMap
{
    /// <inheritdoc/>
    /// <param name="m">Linear up-projections.</param>
    /// <param name="s">Gate pre-activations.</param>
    /// <param name="p">Auxiliary hidden activations.</param>
    public Vector<float> Apply(Vector<float> m, Vector<float> s, Vector<float> p)
    {
        Vector<float> silu = s * Sigmoid.Of(s);
        return (alpha * m + gamma * silu * p) / (new Vector<float>(alpha) + gamma * silu * silu);
    }
}
