using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Methods.Importance;

/// <summary>The importance of rows of up and gate: they matter as the columns of the down projection are large, times
/// the activation's sensitivity to them.</summary>
internal sealed class FeedForwardImportance(IBackend backend, FeedForward dense) : IRowImportance
{
    private readonly Matrix<double> upSensitivity = backend.Allocate<double>(1, dense.Up.Definition.Outputs);
    private readonly Matrix<double> gateSensitivity = backend.Allocate<double>(1, dense.Up.Definition.Outputs);
    private long tokens;

    /// <inheritdoc/>
    public void Add(IReadOnlyList<Matrix<float>> projected)
    {
        dense.Definition.Activation.AccumulateSensitivity(
            backend, projected.Count > 1 ? projected[1] : null, projected[0], upSensitivity, gateSensitivity);
        tokens += projected[0].Rows;
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]?> Rows() =>
        dense.Gate is null ? [Rows(upSensitivity)] : [Rows(upSensitivity), Rows(gateSensitivity)];

    private float[] Rows(Matrix<double> sensitivity)
    {
        double[] sums = RowSquares.Download(backend, sensitivity);
        double[] columns = RowSquares.OfColumns(backend, dense.Output);
        return RowSquares.Normalized([.. columns.Zip(sums, (column, sum) => column * sum / tokens)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        upSensitivity.Dispose();
        gateSensitivity.Dispose();
    }
}
