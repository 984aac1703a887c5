using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>1 / (1 + exp(-x)).</summary>
internal static class Sigmoid
{
    /// <summary>The sigmoid of every lane; exp overflows to infinity where the result is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Of(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Vector.Exp(-x));
}
