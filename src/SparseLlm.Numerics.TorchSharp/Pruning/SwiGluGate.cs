using SparseLlm.Numerics.TorchSharp.Transformer;

namespace SparseLlm.Numerics.TorchSharp.Pruning;

/// <summary>
/// A local minimum over s of f(s) = alpha (s - m)² + gamma (p - silu(s) z)², by Newton steps from m. A step is taken
/// only if it lowers f, and shortened otherwise, so that the result is never worse than m. Where the curvature is not
/// safely positive, that of Gauss and Newton, which always is, takes its place.
/// </summary>
internal sealed class SwiGluGate(float alpha, float gamma)
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
            scale.copy_(scale.mul(Kept(Lengthen)).clamp_(max: Kept(1)).where(better, scale.mul(Kept(Shorten))));
        }

        return s;
    }

    private Tensor NewtonStep(Tensor s, Tensor m, Tensor z, Tensor p)
    {
        Tensor sigmoid = s.sigmoid();
        Tensor slope = Swish.Slope(s, sigmoid).mul_(z);
        Tensor bend = Swish.Bend(s, sigmoid).mul_(z);
        Tensor weightedResidual = p.sub(s.mul(sigmoid).mul_(z)).mul_(Kept(gamma));
        Tensor gradient = s.sub(m).mul_(Kept(alpha)).sub_(weightedResidual.mul(slope));
        Tensor gaussNewton = slope.mul(Kept(gamma)).mul_(slope).add_(Kept(alpha), One);
        Tensor newton = gaussNewton.sub(weightedResidual.mul_(bend));
        return gradient.div_(newton.where(newton.gt(gaussNewton.mul(Kept(LeastCurvature))), gaussNewton));
    }

    private Tensor Cost(Tensor s, Tensor m, Tensor z, Tensor p)
    {
        Tensor linear = s.sub(m).Squared().mul_(Kept(alpha));
        Tensor activation = p.sub(s.silu().mul_(z)).Squared().mul_(Kept(gamma));
        return linear.add_(activation, One);
    }
}
