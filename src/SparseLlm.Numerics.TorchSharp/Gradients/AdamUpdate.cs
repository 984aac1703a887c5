namespace SparseLlm.Numerics.TorchSharp.Gradients;

/// <summary>A step of Adam (Kingma and Ba 2015).</summary>
internal sealed class AdamUpdate(AdamStep step)
{
    private readonly double rate = step.Rate / (1 - Math.Pow(step.MeanDecay, step.Number));
    private readonly double squareCorrection = 1 / (1 - Math.Pow(step.SquareDecay, step.Number));

    /// <summary>Updates w, m and v by the gradient; all have one shape.</summary>
    public void Run(Tensor w, Tensor gradient, Tensor m, Tensor v)
    {
        Tensor mean = m.mul(Kept(step.MeanDecay)).add_(gradient, Kept(1 - step.MeanDecay));
        Tensor square = v.mul(Kept(step.SquareDecay)).add_(gradient.Squared(), Kept(1 - step.SquareDecay));
        Tensor change = mean.mul(Kept(rate))
            .div_(square.mul(Kept(squareCorrection)).sqrt_().add_(Kept(step.Epsilon), One));
        m.copy_(mean);
        v.copy_(square);
        w.sub_(change);
    }
}
