using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Fitting;

namespace SparseLlm.Pruning.Methods.Importance;

/// <summary>The importance of rows of up and gate: they matter as the columns of the down projection are large, times
/// the activation's sensitivity to them.</summary>
internal sealed class FeedForwardImportance(IBackend backend, FeedForward dense) : IRowImportance
{
    private readonly SectionedSum upSensitivity = new(backend, 1, dense.Up.Definition.Outputs);
    private readonly SectionedSum gateSensitivity = new(backend, 1, dense.Up.Definition.Outputs);

    /// <inheritdoc/>
    public IEnumerable<SectionedSum> Sums => [upSensitivity, gateSensitivity];

    /// <inheritdoc/>
    public void Add(IReadOnlyList<Matrix<float>> projected) =>
        dense.Definition.Activation.AccumulateSensitivity(
            backend,
            projected.Count > 1 ? projected[1] : null,
            projected[0],
            upSensitivity.Section,
            gateSensitivity.Section);

    /// <inheritdoc/>
    public IReadOnlyList<float[]?> Rows(long tokens) =>
        dense.Gate is null
            ? [Rows(upSensitivity, tokens)]
            : [Rows(upSensitivity, tokens), Rows(gateSensitivity, tokens)];

    private float[] Rows(SectionedSum sensitivity, long tokens)
    {
        double[] sums = RowSquares.Download(backend, sensitivity.Total);
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
