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
        var scores = new List<Matrix<float>>();
        try
        {
            foreach (Stage stage in layer.Stages)
            {
                float[] norms = [.. grams.Diagonal(stage).Select(value => (float)Math.Sqrt(value))];
                foreach (Linear linear in stage.Linears.Where(linear => budget.Contains(linear.Definition)))
                {
                    cancellation.ThrowIfCancellationRequested();
                    layerOf[linear.Definition.WeightName] = outlierShares.Count;
                    Matrix<float> copy = backend.CopyOf(linear.Weight);
                    scores.Add(copy);
                    backend.ScaleColumns(copy, norms);
                }
            }

            if (scores.Count > 0)
            {
                outlierShares.Add(OutlierShare(scores));
            }
        }
        finally
        {
            scores.ForEach(matrix => matrix.Dispose());
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

    private double OutlierShare(List<Matrix<float>> scores)
    {
        double count = scores.Sum(matrix => (double)matrix.Length);
        double mean = scores.Sum(matrix => backend.SumMagnitudes(matrix)) / count;
        return scores.Sum(matrix => (double)backend.CountAbove(matrix, OutlierFactor * mean)) / count;
    }
}
