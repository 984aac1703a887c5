using System.Numerics;

namespace SparseLlm.Numerics.Cpu.Activations;

/// <summary>A function of one number and its derivative, for as many at once as a vector holds.</summary>
internal interface IActivation
{
    /// <summary>f(x), lane by lane.</summary>
    static abstract Vector<float> Value(Vector<float> x);

    /// <summary>factor f'(x), lane by lane.</summary>
    static abstract Vector<float> Slope(Vector<float> x, Vector<float> factor);
}
