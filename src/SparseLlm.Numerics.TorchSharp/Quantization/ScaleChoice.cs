namespace SparseLlm.Numerics.TorchSharp.Quantization;

/// <summary>Chooses the scale of each group that rounds it best, among shares of the one that just reaches its greatest
/// weight.</summary>
/// <param name="group">Columns of a group.</param>
/// <param name="codes">The codes.</param>
internal sealed class ScaleChoice(int group, CodeRange codes)
{
    private const int Candidates = 24;
    private const double CandidateStep = 0.025;

    private readonly CodeRounding rounding = new(codes);

    /// <summary>Chooses the scales of some rows.</summary>
    /// <param name="weights">[n x d].</param>
    /// <param name="mask">[n x d].</param>
    /// <param name="importance">[d].</param>
    /// <returns>[n x groups].</returns>
    public Tensor Of(Tensor weights, Tensor mask, Tensor importance)
    {
        Tensor grouped = Grouped(weights.mul(mask));
        Tensor factors = Grouped(mask.mul(importance));
        Tensor greatest = grouped.gather(2, grouped.abs().argmax(2, keepdim: true));
        Tensor best = torch.zeros_like(greatest);
        Tensor least = torch.full_like(greatest, Kept(double.PositiveInfinity));
        foreach (int end in (int[])[codes.Least, codes.Most])
        {
            for (int i = 0; i < Candidates; i++)
            {
                Tensor scale = CodeRounding.Half(greatest.mul(Kept((1 + CandidateStep - CandidateStep * i) / end)));
                Tensor error = rounding.Codes(grouped, scale).mul_(scale).sub_(grouped).Squared().mul_(factors)
                    .sum(2, keepdim: true);
                Tensor isBetter = error.lt(least);
                least = torch.where(isBetter, error, least);
                best = torch.where(isBetter, scale, best);
            }
        }

        return best.squeeze(2);
    }

    /// <summary>[n x groups x columns of a group], zeros where the last group has fewer.</summary>
    private Tensor Grouped(Tensor x)
    {
        long missing = (group - x.shape[1] % group) % group;
        Tensor whole = missing == 0 ? x : torch.nn.functional.pad(x, [0, missing]);
        return whole.view(x.shape[0], -1, group);
    }
}
