using System.Buffers;
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
/// <param name="share">The share of tokens that are drawn anew; 0 for the windows as they are.</param>
/// <param name="texts">How many texts are drawn.</param>
internal sealed class DenseTeacher(
    DecoderModel model, CalibrationTokens tokens, TokenChunks chunks, double share, int texts) : IDisposable
{
    // Logits go through host memory, a few megabytes at a time.
    private const int TokensPerPiece = 256;

    // Of the calibration windows as they are; where tokens are drawn anew, of those that are held back alone.
    private ActivationStream? own;
    private CalibrationTokens[] drawn = [];

    /// <summary>What the dense model has for the calibration windows as they are; of those that are drawn anew,
    /// nothing. It stays this object's.</summary>
    /// <param name="cancellation">Stops between chunks.</param>
    public ActivationStream Outputs(CancellationToken cancellation)
    {
        if (own is null)
        {
            ActivationStream outputs = Outputs(chunks, chunks.Count, cancellation);
            drawn = share > 0 ? Draw(outputs, cancellation) : [];
            own = outputs;
        }

        return own;
    }

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
    /// <param name="text">Which of the texts.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public CalibrationTokens Drawn(int text, CancellationToken cancellation)
    {
        Outputs(cancellation);
        return drawn[text];
    }

    /// <summary>All texts. They are drawn at once, so that what the dense model has for the windows need
    /// not be kept.</summary>
    private CalibrationTokens[] Draw(ActivationStream outputs, CancellationToken cancellation)
    {
        (int[] Ids, Random Random)[] begun =
        [
            .. Enumerable.Range(0, texts).Select(text => ((int[])[.. tokens.Ids], new Random(text))),
        ];
        using LanguageModelHead head = model.LoadHead();
        int most = Math.Min(TokensPerPiece, head.TokensPerChunk);
        int place = 0;
        for (int chunk = 0; chunk < chunks.FittedCount; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            using Matrix<float> all = outputs.Take(chunk);
            for (int first = 0; first < all.Rows; first += most)
            {
                using Matrix<float> rows = all.Slice(first, Math.Min(most, all.Rows - first));
                using Matrix<float> logits = head.LogitsOfNormalized(rows);
                Draw(logits, place + first, begun);
            }

            place += all.Rows;
        }

        return [.. begun.Select(text => new CalibrationTokens(text.Ids, tokens.SequenceLength))];
    }

    /// <summary>Draws what follows some places, in all texts.</summary>
    /// <param name="logits">What the dense model expects behind each place.</param>
    /// <param name="place">The first of them.</param>
    /// <param name="texts">The texts.</param>
    private void Draw(Matrix<float> logits, int place, (int[] Ids, Random Random)[] texts)
    {
        float[] host = ArrayPool<float>.Shared.Rent((int)logits.Length);
        model.Backend.Download<float>(logits, host.AsSpan(0, (int)logits.Length));
        foreach ((int[] ids, Random random) in texts)
        {
            Parallel.ForEach(
                Chosen(place, logits.Rows, random),
                token => ids[token.Next] = Draw(
                    host.AsSpan(token.Row * logits.Columns, logits.Columns),
                    token.Number));
        }

        ArrayPool<float>.Shared.Return(host);
    }

    /// <summary>Which of some tokens are followed by a drawn one, with the number that decides which.</summary>
    private List<(int Row, int Next, double Number)> Chosen(int place, int count, Random random)
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
