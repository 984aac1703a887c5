using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>A function of three numbers that looks at the first two.</summary>
internal readonly struct OfFirstTwo<TMap>(TMap map) : ITernaryMap
    where TMap : struct, IBinaryMap
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<float> Apply(Vector<float> x, Vector<float> y, Vector<float> z) => map.Apply(x, y);
}
