namespace SparseLlm.Numerics.TorchSharp.Gradients;

/// <summary>A step of Adam (Kingma and Ba 2015).</summary>
internal sealed class AdamUpdate(AdamStep step)
{
    private readonly double rate = step.Rate / (1 - Math.Pow(step.MeanDecay, step.Number));
    private readonly double squareCorrection = 1 / (1 - Math.Pow(step.SquareDecay, step.Number));

    /// <summary>Updates w, m and v by the gradient; all have one shape.</summary>
    public void Run(Tensor w, Tensor gradient, Tensor m, Tensor v)
    {
        Tensor mean = m.mul(step.MeanDecay).add_(gradient, 1 - step.MeanDecay);
        Tensor square = v.mul(step.SquareDecay).add_(gradient.square(), 1 - step.SquareDecay);
        Tensor change = mean.mul(rate).div_(square.mul(squareCorrection).sqrt_().add_(step.Epsilon));
        m.copy_(mean);
        v.copy_(square);
        w.sub_(change);
    }
}
