using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>
/// A local minimum over s of f(s) = alpha (s - m)² + gamma (p - silu(s) z)², by Newton steps from m. A step is taken only if
/// it lowers f, and shortened otherwise, so that the result is never worse than m. Where the curvature is not safely
/// positive, that of Gauss and Newton, which always is, takes its place.
/// </summary>
internal readonly struct SwiGluGate(float alpha, float gamma) : IMap
{
    private const int Iterations = 10;
    private const float Shorten = 0.25f;
    private const float Lengthen = 2;
    private const float LeastCurvature = 0.1f;

    /// <inheritdoc/>
    /// <param name="m">Linear gate pre-activations.</param>
    /// <param name="z">Up-projection values.</param>
    /// <param name="p">Auxiliary hidden activations.</param>
    public Vector<float> Apply(Vector<float> m, Vector<float> z, Vector<float> p)
    {
        Vector<float> one = Vector<float>.One;
        Vector<float> s = m;
        Vector<float> sigmoid = Sigmoid.Of(s);
        Vector<float> cost = Cost(s, sigmoid, m, z, p);
        Vector<float> scale = one;
        for (int i = 0; i < Iterations; i++)
        {
            // silu' = σ (1 + s (1 - σ)), silu'' = σ (1 - σ) (2 + s (1 - 2 σ)).
            Vector<float> rest = one - sigmoid;
            Vector<float> slope = sigmoid * (one + s * rest) * z;
            Vector<float> bend = sigmoid * rest * (2 * one + s * (one - 2 * sigmoid)) * z;
            Vector<float> residual = p - s * sigmoid * z;
            Vector<float> gradient = alpha * (s - m) - gamma * residual * slope;
            Vector<float> gaussNewton = new Vector<float>(alpha) + gamma * slope * slope;
            Vector<float> newton = gaussNewton - gamma * residual * bend;
            Vector<float> curvature = Vector.ConditionalSelect(
                Vector.GreaterThan(newton, LeastCurvature * gaussNewton), newton, gaussNewton);

            Vector<float> candidate = s - scale * gradient / curvature;
            Vector<float> candidateSigmoid = Sigmoid.Of(candidate);
            Vector<float> candidateCost = Cost(candidate, candidateSigmoid, m, z, p);
            Vector<int> better = Vector.LessThan(candidateCost, cost);
            s = Vector.ConditionalSelect(better, candidate, s);
            sigmoid = Vector.ConditionalSelect(better, candidateSigmoid, sigmoid);
            cost = Vector.ConditionalSelect(better, candidateCost, cost);
            scale = Vector.ConditionalSelect(better, Vector.Min(one, Lengthen * scale), Shorten * scale);
        }

        return s;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector<float> Cost(Vector<float> s, Vector<float> sigmoid, Vector<float> m, Vector<float> z, Vector<float> p)
    {
        Vector<float> distance = s - m;
        Vector<float> residual = p - s * sigmoid * z;
        return alpha * distance * distance + gamma * residual * residual;
    }
}
