namespace SparseLlm.Numerics.TorchSharp.Pruning;

/// <summary>
/// argmin over z of gamma (p - relu(z))² + alpha (z - m)² (Bai et al. 2024, eq. 9-11): the better of the minima on
/// either side of 0, where the function is a parabola each.
/// </summary>
internal sealed class ReluPreactivation(float alpha, float gamma)
{
    /// <summary>The minimiser z, of the shape of the others.</summary>
    public Tensor Update(Tensor m, Tensor p)
    {
        Tensor right = p.mul(Kept(gamma)).add_(m, Kept(alpha)).div_(Kept(gamma + alpha)).clamp_(min: Kept(0));
        Tensor left = m.clamp(max: Kept(0));
        Tensor rightCost = Cost(p.sub(right), right.sub(m));
        Tensor leftCost = Cost(p, left.sub(m));
        return right.where(rightCost.le(leftCost), left);
    }

    /// <summary>gamma activation² + alpha linear².</summary>
    private Tensor Cost(Tensor activation, Tensor linear)
        => activation.Squared().mul_(Kept(gamma)).add_(linear.Squared(), Kept(alpha));
}
