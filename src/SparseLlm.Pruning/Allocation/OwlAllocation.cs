using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Allocation;

/// <summary>
/// Outlier-weighed layerwise sparsity (Yin et al. 2024, section 3): a decoder layer keeps more, the larger the share of
/// its weights whose score |w_ij| ‖x_j‖ is above M times their mean.
/// </summary>
internal sealed class OwlAllocation(IBackend backend, SparsityBudget budget) : IAllocation
{
    /// <summary>How far a layer's kept share may be from the mean: λ.</summary>
    public const double Lambda = 0.08;

    private const double OutlierFactor = 5;

    private readonly Dictionary<string, int> layerOf = [];
    private readonly List<double> outlierShares = [];

    /// <inheritdoc/>
    public void Add(DecoderLayer layer, LayerGrams grams, MeasuredActivations measured, CancellationToken cancellation)
    {
        var scores = new List<float[]>();
        foreach (Stage stage in layer.Stages)
        {
            float[] norms = [.. grams.Diagonal(stage).Select(value => (float)Math.Sqrt(value))];
            foreach (Linear linear in stage.Linears.Where(linear => budget.Contains(linear.Definition)))
            {
                cancellation.ThrowIfCancellationRequested();
                layerOf[linear.Definition.WeightName] = outlierShares.Count;
                scores.Add(Scores(linear, norms));
            }
        }

        if (scores.Count > 0)
        {
            outlierShares.Add(OutlierShare(scores));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Choose()
    {
        (double least, double most) = (outlierShares.Min(), outlierShares.Max());
        double Kept(LinearDefinition tensor) =>
            most > least ? 2 * Lambda * (outlierShares[layerOf[tensor.WeightName]] - least) / (most - least) : 0;
        double[] kept = [.. budget.Tensors.Select(Kept)];
        double mean = budget.Mean(kept);
        return [.. kept.Select(value => budget.Target - (value - mean))];
    }

    private float[] Scores(Linear linear, float[] norms)
    {
        using Matrix<float> scores = backend.AllocateUninitialized<float>(linear.Weight.Rows, linear.Weight.Columns);
        backend.Copy(linear.Weight, scores);
        backend.ScaleColumns(scores, norms);
        var values = new float[scores.Length];
        backend.Download<float>(scores, values);
        return values;
    }

    private static double OutlierShare(List<float[]> scores)
    {
        double count = scores.Sum(values => (double)values.Length);
        double mean = scores.Sum(values => values.Sum(value => (double)Math.Abs(value))) / count;
        return scores.Sum(values => (double)values.Count(value => Math.Abs(value) > OutlierFactor * mean)) / count;
    }
}
