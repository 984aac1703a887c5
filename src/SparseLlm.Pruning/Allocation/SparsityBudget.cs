using SparseLlm.Models.Definitions;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Allocation;

/// <summary>The zeros that a sparsity means for some tensors together, however they are spread over them.</summary>
/// <param name="tensors">The tensors.</param>
/// <param name="target">The sparsity of all of them together.</param>
/// <param name="maximumShift">How far a tensor's sparsity may be from it.</param>
internal sealed class SparsityBudget(
    IReadOnlyList<LinearDefinition> tensors,
    SparsityPattern.Unstructured target,
    double maximumShift)
{
    // Beyond this a matrix loses whole rows.
    private const double HighestSparsity = 0.98;
    private const int Bisections = 60;

    private readonly HashSet<string> names = [.. tensors.Select(tensor => tensor.WeightName)];

    /// <summary>The tensors.</summary>
    public IReadOnlyList<LinearDefinition> Tensors => tensors;

    /// <summary>The sparsity of all tensors together.</summary>
    public double Target => target.Fraction;

    /// <summary>The least sparsity of a tensor.</summary>
    public double Lower => Math.Max(0, target.Fraction - maximumShift);

    /// <summary>The greatest sparsity of a tensor.</summary>
    public double Upper => Math.Max(target.Fraction, Math.Min(HighestSparsity, target.Fraction + maximumShift));

    /// <summary>Whether a tensor is one of them.</summary>
    public bool Contains(LinearDefinition tensor) => names.Contains(tensor.WeightName);

    /// <summary>The share of a tensor in the weights of all.</summary>
    public double Share(LinearDefinition tensor) => Size(tensor) / tensors.Sum(Size);

    /// <summary>The mean of a value per tensor, weighted by size.</summary>
    public double Mean(IReadOnlyList<double> values) =>
        tensors.Zip(values, (tensor, value) => Size(tensor) * value).Sum() / tensors.Sum(Size);

    /// <summary>
    /// Patterns near the sparsities wished for: shifted by a common amount and kept within bounds, so that the zeros of
    /// all tensors are exactly as many as if each had the target sparsity.
    /// </summary>
    /// <param name="wishes">A sparsity for each tensor.</param>
    public Dictionary<string, SparsityPattern> Spread(IReadOnlyList<double> wishes)
    {
        double[] sparsities = Shifted(wishes);
        long[] zeros = [.. tensors.Zip(sparsities, (tensor, sparsity) => (long)Math.Floor(Size(tensor) * sparsity))];
        long missing = tensors.Sum(tensor => target.Zeros(tensor.Outputs, tensor.Inputs)) - zeros.Sum();

        // The largest remainder first. Rounding can leave one more or less than there are tensors, so places may come
        // round again.
        int[] order = [.. Enumerable.Range(0, tensors.Count)
            .OrderByDescending(i => Size(tensors[i]) * sparsities[i] - zeros[i])];
        for (long i = 0; i < Math.Abs(missing); i++)
        {
            zeros[order[i % order.Length]] += Math.Sign(missing);
        }

        return tensors.Zip(zeros).ToDictionary(
            pair => pair.First.WeightName,
            pair => (SparsityPattern)new SparsityPattern.Unstructured(pair.Second / Size(pair.First)));
    }

    private double[] Shifted(IReadOnlyList<double> wishes)
    {
        double[] At(double shift) => [.. wishes.Select(wish => Math.Clamp(wish + shift, Lower, Upper))];
        (double low, double high) = (-1, 1);
        for (int i = 0; i < Bisections; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Mean(At(middle)) < Target ? (middle, high) : (low, middle);
        }

        return At(high);
    }

    private static double Size(LinearDefinition tensor) => (double)tensor.Outputs * tensor.Inputs;
}
