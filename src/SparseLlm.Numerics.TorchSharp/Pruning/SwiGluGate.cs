using SparseLlm.Numerics.TorchSharp.Transformer;

namespace SparseLlm.Numerics.TorchSharp.Pruning;

/// <summary>
/// A local minimum over s of f(s) = alpha (s - m)² + gamma (p - silu(s) z)², by Newton steps from m. A step is taken only if it lowers f, and
/// shortened otherwise, so that the result is never worse than m. Where the curvature is not safely positive, that of Gauss and Newton, which always
/// is, takes its place.
/// </summary>
internal sealed class SwiGluGate(Scalar alpha, Scalar gamma)
{
    private const int Iterations = 10;
    private const float Shorten = 0.25f;
    private const float Lengthen = 2;
    private const float LeastCurvature = 0.1f;

    /// <summary>The minimiser s, of the shape of the others.</summary>
    public Tensor Update(Tensor m, Tensor z, Tensor p)
    {
        Tensor s = m.clone();
        Tensor cost = Cost(s, m, z, p);
        Tensor scale = torch.ones_like(m);
        for (int i = 0; i < Iterations; i++)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            Tensor candidate = s.sub(NewtonStep(s, m, z, p).mul_(scale));
            Tensor candidateCost = Cost(candidate, m, z, p);
            Tensor better = candidateCost.lt(cost);
            s.copy_(candidate.where(better, s));
            cost.copy_(candidateCost.where(better, cost));
            scale.copy_(scale.mul(Lengthen).clamp_(max: 1).where(better, scale.mul(Shorten)));
        }

        return s;
    }

    private Tensor NewtonStep(Tensor s, Tensor m, Tensor z, Tensor p)
    {
        Tensor sigmoid = s.sigmoid();
        Tensor slope = Swish.Slope(s, sigmoid) * z;
        Tensor bend = Swish.Bend(s, sigmoid) * z;
        Tensor residual = p - s * sigmoid * z;
        Tensor gradient = alpha * (s - m) - gamma * residual * slope;
        Tensor gaussNewton = alpha + gamma * slope * slope;
        Tensor newton = gaussNewton - gamma * residual * bend;
        return gradient.div_(newton.where(newton.gt(gaussNewton.mul(LeastCurvature)), gaussNewton));
    }

    private Tensor Cost(Tensor s, Tensor m, Tensor z, Tensor p) => alpha * (s - m).square() + gamma * (p - s.silu() * z).square();
}
