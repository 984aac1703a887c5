using System.Numerics;

namespace SparseLlm.Numerics.Cpu.Elementwise;

/// <summary>A function of one number, for as many at once as a vector holds.</summary>
internal interface IUnaryMap
{
    /// <summary>The function's value, lane by lane.</summary>
    Vector<float> Apply(Vector<float> x);
}
