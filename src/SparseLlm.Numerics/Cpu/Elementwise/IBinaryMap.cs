using System.Numerics;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>A function of two numbers, for as many at once as a vector holds.</summary>
internal interface IBinaryMap
{
    /// <summary>The function's value, lane by lane.</summary>
    Vector<float> Apply(Vector<float> x, Vector<float> y);
}
