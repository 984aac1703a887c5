using System.Numerics;
using SparseLlm.Numerics.Cpu.Elementwise;

namespace SparseLlm.Numerics.Cpu.Pruning;

/// <summary>
/// argmin over z of gamma (p - relu(z))² + alpha (z - m)² (Bai et al. 2024, eq. 9-11): the better of the minima on
/// either side of 0, where the function is a parabola each.
/// </summary>
internal readonly struct ReluPreactivation(float alpha, float gamma) : IBinaryMap
{
    /// <inheritdoc/>
    /// <param name="m">Linear pre-activations.</param>
    /// <param name="p">Auxiliary hidden activations.</param>
    public Vector<float> Apply(Vector<float> m, Vector<float> p)
    {
        Vector<float> right = Vector.Max(
            Vector<float>.Zero,
            (gamma * p + alpha * m) / new Vector<float>(gamma + alpha));
        Vector<float> left = Vector.Min(Vector<float>.Zero, m);
        Vector<float> rightCost = gamma * Square(p - right) + alpha * Square(right - m);
        Vector<float> leftCost = gamma * Square(p) + alpha * Square(left - m);
        return Vector.ConditionalSelect(Vector.LessThanOrEqual(rightCost, leftCost), right, left);
    }

    private static Vector<float> Square(Vector<float> x) => x * x;
}
