using SparseLlm.Models;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Tuning.Global;

/// <summary>
/// The dense model, which the pruned one is tuned towards. What it has for each token behind its final norm is kept,
/// and predictions are made of that anew for each mini-batch: as exact as keeping predictions, in less memory.
/// </summary>
/// <param name="model">The dense model.</param>
/// <param name="tokens">The calibration windows.</param>
/// <param name="chunks">How they are grouped.</param>
internal sealed class DenseTeacher(DecoderModel model, CalibrationTokens tokens, TokenChunks chunks) : IDisposable
{
    // Of the calibration windows as they are.
    private ActivationStream? own;

    /// <summary>What the dense model has for the calibration windows; it stays this object's.</summary>
    /// <param name="cancellation">Stops between chunks.</param>
    public ActivationStream Outputs(CancellationToken cancellation)
        => own ??= Outputs(chunks, chunks.Count, cancellation);

    /// <summary>What the dense model has for the first chunks of some windows.</summary>
    /// <param name="windows">The windows.</param>
    /// <param name="count">How many chunks; the others are left unfilled.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public ActivationStream Outputs(TokenChunks windows, int count, CancellationToken cancellation)
    {
        ActivationStream stream = windows.Stream();
        for (int chunk = 0; chunk < count; chunk++)
        {
            stream.Put(chunk, model.Embed(windows.Ids(chunk), windows.SequenceLength));
        }

        for (int index = 0; index < model.Definition.Layers.Count; index++)
        {
            using DecoderLayer layer = model.LoadLayer(index);
            stream.Advance(
                Enumerable.Range(0, count),
                x => layer.Forward(x, windows.SequenceLength),
                cancellation);
        }

        using LanguageModelHead head = model.LoadHead();
        if (head.Norm is { } norm)
        {
            stream.Advance(Enumerable.Range(0, count), norm.Apply, cancellation);
        }

        return stream;
    }

    /// <summary>
    /// The calibration windows with some tokens drawn anew from what the dense model expects at their places: other
    /// texts, and likely ones. What would otherwise be learned by heart is seen once. Held-back windows stay.
    /// </summary>
    /// <param name="share">The share of tokens that is drawn.</param>
    /// <param name="epoch">Which drawing; each has its own.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public CalibrationTokens Draw(double share, int epoch, CancellationToken cancellation)
    {
        int[] ids = [.. tokens.Ids];
        var random = new Random(epoch);
        using LanguageModelHead head = model.LoadHead();
        int place = 0;
        for (int chunk = 0; chunk < chunks.FittedCount; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            using Matrix<float> outputs = Outputs(cancellation).Read(chunk);
            for (int first = 0; first < outputs.Rows; first += head.TokensPerChunk)
            {
                using Matrix<float> rows = outputs.Slice(first, Math.Min(head.TokensPerChunk, outputs.Rows - first));
                Draw(head, rows, Chosen(place + first, rows.Rows, share, random), ids);
            }

            place += outputs.Rows;
        }

        return new CalibrationTokens(ids, tokens.SequenceLength);
    }

    /// <summary>Which of some tokens are followed by a drawn one, with the number that decides which.</summary>
    private List<(int Row, int Next, double Number)> Chosen(int place, int count, double share, Random random)
    {
        var chosen = new List<(int, int, double)>();
        for (int row = 0; row < count; row++)
        {
            int next = place + row + 1;
            if (next % tokens.SequenceLength != 0 && random.NextDouble() < share)
            {
                chosen.Add((row, next, random.NextDouble()));
            }
        }

        return chosen;
    }

    private void Draw(
        LanguageModelHead head, Matrix<float> outputs, List<(int Row, int Next, double Number)> chosen, int[] ids)
    {
        using Matrix<float> logits = head.LogitsOfNormalized(outputs);
        var host = new float[logits.Length];
        model.Backend.Download<float>(logits, host);
        Parallel.ForEach(
            chosen,
            token => ids[token.Next] = Draw(host.AsSpan(token.Row * logits.Columns, logits.Columns), token.Number));
    }

    /// <summary>The token at a place of the cumulative distribution softmax(logits).</summary>
    private static int Draw(ReadOnlySpan<float> logits, double number)
    {
        double largest = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        double rest = number * sum;
        for (int token = 0; token < logits.Length; token++)
        {
            rest -= Math.Exp(logits[token] - largest);
            if (rest < 0)
            {
                return token;
            }
        }

        return logits.Length - 1;
    }

    /// <inheritdoc/>
    public void Dispose() => own?.Dispose();
}
