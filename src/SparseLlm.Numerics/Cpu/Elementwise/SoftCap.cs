using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>cap tanh(x / cap).</summary>
internal readonly struct SoftCap(float cap) : IUnaryMap
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<float> Apply(Vector<float> x) =>
        cap * HyperbolicTangent.Of(x / new Vector<float>(cap));
}
