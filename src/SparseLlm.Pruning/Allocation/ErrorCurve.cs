namespace SparseLlm.Pruning.Allocation;

/// <summary>How the error of a decoder layer's output grows as one of its matrices becomes sparser.</summary>
internal sealed class ErrorCurve
{
    /// <summary>The sparsities at which errors are measured, ascending.</summary>
    public static readonly IReadOnlyList<double> Sparsities = [0.3, 0.5, 0.7, 0.8, 0.9, 0.96];

    // An error of zero has no logarithm; below this it is rounding.
    private const double LeastError = 1e-12;

    private readonly double[] logarithms;

    /// <summary>A curve through measured errors, made non-decreasing.</summary>
    /// <param name="errors">One for each of <see cref="Sparsities"/>.</param>
    public ErrorCurve(IReadOnlyList<double> errors)
    {
        logarithms = [.. errors.Select(error => Math.Log(Math.Max(error, LeastError)))];
        for (int i = 1; i < logarithms.Length; i++)
        {
            logarithms[i] = Math.Max(logarithms[i], logarithms[i - 1]);
        }
    }

    /// <summary>The error at a sparsity: the logarithm is linear between measurements, and goes on beyond the
    /// outermost.</summary>
    public double At(double sparsity)
    {
        int right = 1;
        while (right < Sparsities.Count - 1 && Sparsities[right] < sparsity)
        {
            right++;
        }

        double share = (sparsity - Sparsities[right - 1]) / (Sparsities[right] - Sparsities[right - 1]);
        return Math.Exp(logarithms[right - 1] + share * (logarithms[right] - logarithms[right - 1]));
    }
}
