using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Fitting;

namespace SparseLlm.Pruning.Methods.Importance;

/// <summary>
/// The importance of rows of q, k and v. A score is the product of a query and a key, so either's rows matter as the
/// other is large; value rows matter as the columns of the output projection that read them are large.
/// </summary>
internal sealed class AttentionImportance(IBackend backend, Attention dense) : IRowImportance
{
    private readonly AttentionDefinition definition = dense.Definition;
    private readonly SectionedSum querySquares = new(backend, 1, dense.Query.Definition.Outputs);
    private readonly SectionedSum keySquares = new(backend, 1, dense.Key.Definition.Outputs);

    /// <inheritdoc/>
    public IEnumerable<SectionedSum> Sums => [querySquares, keySquares];

    /// <inheritdoc/>
    public void Add(IReadOnlyList<Matrix<float>> projected)
    {
        Accumulate(dense.QueryNorm, projected[0], querySquares);
        Accumulate(dense.KeyNorm, projected[1], keySquares);
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]?> Rows(long tokens) =>
    [
        RowSquares.Normalized(MapHeads(
            MeanSquares(keySquares, tokens, definition.KeyValueHeads),
            definition.Heads,
            head => [head / QueriesPerKey])),
        RowSquares.Normalized(
            MapHeads(MeanSquares(querySquares, tokens, definition.Heads), definition.KeyValueHeads, SharingHeads)),
        RowSquares.Normalized(
            MapHeads(RowSquares.OfColumns(backend, dense.Output), definition.KeyValueHeads, SharingHeads)),
    ];

    private int QueriesPerKey => definition.Heads / definition.KeyValueHeads;

    private IEnumerable<int> SharingHeads(int keyValueHead)
        => Enumerable.Range(keyValueHead * QueriesPerKey, QueriesPerKey);

    /// <summary>Scores are made of what is behind the norms.</summary>
    private void Accumulate(Norm? norm, Matrix<float> x, SectionedSum squares)
    {
        using Matrix<float>? normalized = norm?.Apply(x);
        backend.AccumulateColumnSquares(normalized ?? x, squares.Section);
    }

    /// <summary>Mean squares per channel; for rotary models the two channels of a pair share theirs, since they turn
    /// into each other.</summary>
    private double[] MeanSquares(SectionedSum sums, long tokens, int heads)
    {
        double[] means = RowSquares.Download(backend, sums.Total);
        for (int i = 0; i < means.Length; i++)
        {
            means[i] /= tokens;
        }

        int pairs = definition.Rotary?.InverseFrequencies.Count ?? 0;
        for (int head = 0; head < heads; head++)
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                int start = head * definition.HeadWidth;
                (int first, int second) = definition.Rotary!.Pairing == RotaryPairing.HalfSplit
                    ? (start + pair, start + pair + pairs)
                    : (start + 2 * pair, start + 2 * pair + 1);
                means[first] = means[second] = (means[first] + means[second]) / 2;
            }
        }

        return means;
    }

    /// <summary>For each channel of each target head, the sum over source heads of the same channel.</summary>
    private double[] MapHeads(double[] source, int targetHeads, Func<int, IEnumerable<int>> sourceHeads)
    {
        int width = definition.HeadWidth;
        var target = new double[targetHeads * width];
        for (int i = 0; i < target.Length; i++)
        {
            (int head, int channel) = (i / width, i % width);
            target[i] = sourceHeads(head).Sum(sourceHead => source[sourceHead * width + channel]);
        }

        return target;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        querySquares.Dispose();
        keySquares.Dispose();
    }
}
