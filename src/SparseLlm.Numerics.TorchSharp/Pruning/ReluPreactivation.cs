namespace SparseLlm.Numerics.TorchSharp.Pruning;

/// <summary>
/// argmin over z of gamma (p - relu(z))² + alpha (z - m)² (Bai et al. 2024, eq. 9-11): the better of the minima on either side of 0, where the
/// function is a parabola each.
/// </summary>
internal sealed class ReluPreactivation(float alpha, float gamma)
{
    /// <summary>The minimiser z, of the shape of the others.</summary>
    public Tensor Update(Tensor m, Tensor p)
    {
        Tensor right = p.mul(gamma).add_(m, alpha).div_(gamma + alpha).clamp_(min: 0);
        Tensor left = m.clamp(max: 0);
        Tensor rightCost = Cost(p - right, right - m);
        Tensor leftCost = Cost(p, left - m);
        return right.where(rightCost.le(leftCost), left);
    }

    /// <summary>gamma activation² + alpha linear².</summary>
    private Tensor Cost(Tensor activation, Tensor linear) => activation.square().mul_(gamma).add_(linear.square(), alpha);
}
