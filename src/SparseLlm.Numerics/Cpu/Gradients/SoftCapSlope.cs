using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Gradients;

/// <summary>dy (1 - (y / cap)²), y being the capped value.</summary>
internal readonly struct SoftCapSlope(float cap) : IBinaryMap
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<float> Apply(Vector<float> y, Vector<float> dy)
    {
        Vector<float> ratio = y / new Vector<float>(cap);
        return dy * (Vector<float>.One - ratio * ratio);
    }
}
