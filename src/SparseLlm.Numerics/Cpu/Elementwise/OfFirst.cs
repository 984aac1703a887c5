using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>A function of two numbers that looks at the first.</summary>
internal readonly struct OfFirst<TMap>(TMap map) : IBinaryMap
    where TMap : struct, IUnaryMap
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<float> Apply(Vector<float> x, Vector<float> y) => map.Apply(x);
}
