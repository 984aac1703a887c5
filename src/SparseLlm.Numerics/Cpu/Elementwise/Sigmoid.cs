using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>1 / (1 + exp(-x)).</summary>
internal static class Sigmoid
{
    /// <summary>The sigmoid of every lane; below -88 it stays at about 1e-38.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Of(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Exponential.Of(-x));
}
