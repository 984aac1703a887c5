using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// How much a layer's output depends on each row of its matrices, from the dense layer: rows compete for one weight budget, and
/// an error in an unimportant row costs less. In units of a standard deviation, mean 1.
/// </summary>
internal sealed class RowImportance : IDisposable
{
    private readonly IBackend backend;
    private readonly DecoderLayer dense;
    private readonly Matrix<double> querySquares;
    private readonly Matrix<double> keySquares;
    private readonly Matrix<double> upSensitivity;
    private readonly Matrix<double> gateSensitivity;
    private long attentionTokens;
    private long feedForwardTokens;

    /// <summary>Importance in the dense layer, to be fed with its activations.</summary>
    public RowImportance(IBackend backend, DecoderLayer dense)
    {
        this.backend = backend;
        this.dense = dense;
        querySquares = backend.Allocate<double>(1, dense.Definition.Attention.Query.Outputs);
        keySquares = backend.Allocate<double>(1, dense.Definition.Attention.Key.Outputs);
        upSensitivity = backend.Allocate<double>(1, dense.Definition.FeedForward.Up.Outputs);
        gateSensitivity = backend.Allocate<double>(1, dense.Definition.FeedForward.Up.Outputs);
    }

    /// <summary>Adds tokens: the dense layer's queries and keys before rotation, [tokens x outputs].</summary>
    public void AddAttention(Matrix<float> q, Matrix<float> k)
    {
        backend.AccumulateColumnSquares(q, querySquares);
        backend.AccumulateColumnSquares(k, keySquares);
        attentionTokens += q.Rows;
    }

    /// <summary>Adds tokens: the dense layer's pre-activations, [tokens x feed-forward size].</summary>
    public void AddFeedForward(Matrix<float>? gate, Matrix<float> up)
    {
        if (gate is null)
        {
            backend.AccumulatePositiveCounts(up, upSensitivity);
        }
        else
        {
            backend.AccumulateSwiGluSensitivity(gate, up, upSensitivity, gateSensitivity);
        }

        feedForwardTokens += up.Rows;
    }

    /// <summary>Query rows matter as their keys are large: the score is their product.</summary>
    public float[] Query()
    {
        double[] keys = MeanSquares(keySquares, attentionTokens, dense.Definition.Attention.KeyValueHeads);
        return Normalized(MapHeads(keys, dense.Definition.Attention.Heads, head => [head / QueriesPerKey]));
    }

    /// <summary>Key rows matter as the queries of all heads that share them are large.</summary>
    public float[] Key()
    {
        double[] queries = MeanSquares(querySquares, attentionTokens, dense.Definition.Attention.Heads);
        return Normalized(MapHeads(queries, dense.Definition.Attention.KeyValueHeads, SharingHeads));
    }

    /// <summary>Value rows matter as the columns of the output projection that read them are large.</summary>
    public float[] Value()
    {
        double[] columns = ColumnSquares(dense.Attention.Output);
        return Normalized(MapHeads(columns, dense.Definition.Attention.KeyValueHeads, SharingHeads));
    }

    /// <summary>Up rows matter as the columns of the down projection are large, and as often as the activation lets them pass.</summary>
    public float[] Up() => FeedForward(upSensitivity);

    /// <summary>Gate rows matter as the columns of the down projection are large, times the sensitivity of SwiGLU to its gate.</summary>
    public float[] Gate() => FeedForward(gateSensitivity);

    private int QueriesPerKey => dense.Definition.Attention.Heads / dense.Definition.Attention.KeyValueHeads;

    private IEnumerable<int> SharingHeads(int keyValueHead) =>
        Enumerable.Range(keyValueHead * QueriesPerKey, QueriesPerKey);

    private float[] FeedForward(Matrix<double> sensitivity)
    {
        var sums = new double[sensitivity.Columns];
        backend.Download(sensitivity, sums);
        double[] columns = ColumnSquares(dense.FeedForward.Down);
        return Normalized([.. columns.Zip(sums, (column, sum) => column * sum / feedForwardTokens)]);
    }

    /// <summary>Mean squares per channel; for rotary models the two channels of a pair share theirs, since they turn into each other.</summary>
    private double[] MeanSquares(Matrix<double> sums, long tokens, int heads)
    {
        var means = new double[sums.Columns];
        backend.Download(sums, means);
        int width = dense.Definition.Attention.HeadWidth;
        for (int i = 0; i < means.Length; i++)
        {
            means[i] /= tokens;
        }

        if (dense.Definition.Attention.Rotary is not null)
        {
            for (int head = 0; head < heads; head++)
            {
                for (int channel = 0; channel < width / 2; channel++)
                {
                    (int first, int second) = (head * width + channel, head * width + channel + width / 2);
                    means[first] = means[second] = (means[first] + means[second]) / 2;
                }
            }
        }

        return means;
    }

    /// <summary>For each channel of each target head, the sum over source heads of the same channel.</summary>
    private double[] MapHeads(double[] source, int targetHeads, Func<int, IEnumerable<int>> sourceHeads)
    {
        int width = dense.Definition.Attention.HeadWidth;
        var target = new double[targetHeads * width];
        for (int i = 0; i < target.Length; i++)
        {
            (int head, int channel) = (i / width, i % width);
            target[i] = sourceHeads(head).Sum(sourceHead => source[sourceHead * width + channel]);
        }

        return target;
    }

    private double[] ColumnSquares(Linear linear)
    {
        using Matrix<double> sums = backend.Allocate<double>(1, linear.Definition.Inputs);
        backend.AccumulateColumnSquares(linear.Weight, sums);
        var squares = new double[linear.Definition.Inputs];
        backend.Download(sums, squares);
        return squares;
    }

    private static float[] Normalized(double[] squares)
    {
        double mean = squares.Average(Math.Sqrt);
        return [.. squares.Select(square => mean > 0 ? (float)(Math.Sqrt(square) / mean) : 1f)];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        querySquares.Dispose();
        keySquares.Dispose();
        upSensitivity.Dispose();
        gateSensitivity.Dispose();
    }
}
