using System.Text.Json.Serialization;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Models;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Evaluation;

/// <summary>
/// Perplexity by the protocol of GPTQ and SparseGPT: the text is encoded once, cut into non-overlapping windows of L
/// tokens, the tail dropped; exp of (sum over windows of mean negative log-likelihood times L) / (n L).
/// </summary>
/// <param name="Value">The perplexity.</param>
/// <param name="Tokens">Tokens in all windows.</param>
/// <param name="Windows">Number of windows n.</param>
public sealed record Perplexity(double Value, long Tokens, int Windows) : IJsonOnDeserialized
{
    // A model that is right and sure of every token has 1, but for rounding.
    private const double Least = 0.999;

    /// <summary>Whether a number can be a perplexity.</summary>
    public static bool IsPossible(double value) => value >= Least;

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(IsPossible(Value), "a perplexity is none");
        RecordJson.Require(Tokens > 0 && Windows > 0, "a perplexity is that of no text");
    }

    /// <summary>Measures a model, one decoder layer in memory at a time.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">The whole text, encoded once.</param>
    /// <param name="sequenceLength">Tokens per window; null for the smaller of 2048 and the model's maximum.</param>
    /// <param name="location">The text, for messages.</param>
    /// <param name="store">Where activations are kept; null for all of them in memory.</param>
    /// <param name="progress">Told how many layers are done, of how many.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <exception cref="DiagnosticException">The text is shorter than a window, or the window longer than the model
    /// allows.</exception>
    public static Perplexity Measure(
        DecoderModel model,
        int[] ids,
        int? sequenceLength,
        SourceLocation location,
        MatrixStore? store = null,
        Action<int, int>? progress = null,
        CancellationToken cancellation = default)
    {
        CalibrationTokens windows = Cut(model, ids, sequenceLength, location);
        var chunks = new TokenChunks(windows, store ?? new MatrixStore(model.Backend));
        using ActivationStream stream = chunks.Embed(model);
        using var ahead = new LayerReadAhead(model);
        int layers = model.Definition.Layers.Count;
        for (int index = 0; index < layers; index++)
        {
            using DecoderLayer layer = model.LoadLayer(index);
            ahead.Begin(index);
            for (int chunk = 0; chunk < chunks.Count; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
                using Matrix<float> input = stream.Read(chunk);
                stream.Put(chunk, layer.Forward(input, chunks.SequenceLength));
            }

            progress?.Invoke(index + 1, layers);
        }

        double perplexity = Math.Exp(MeanLoss(model, chunks, stream));
        return double.IsFinite(perplexity)
            ? new Perplexity(perplexity, windows.Ids.Length, windows.Windows)
            : throw PruningDiagnostics.NonFinite.Error(
                location, $"the perplexity of the model in '{model.Directory}' on this text is not finite; its "
                    + $"activations overflow or its weights are damaged");
    }

    private static CalibrationTokens Cut(DecoderModel model, int[] ids, int? sequenceLength, SourceLocation location)
    {
        int maximum = model.Definition.MaximumLength;
        int length = sequenceLength ?? CalibrationTokens.DefaultSequenceLength(maximum);
        var whole = new CalibrationSettings { Samples = Math.Max(1, ids.Length / length), SequenceLength = length };
        return CalibrationTokens.Cut(ids, whole, maximum, location);
    }

    private static double MeanLoss(DecoderModel model, TokenChunks chunks, ActivationStream hidden)
    {
        using LanguageModelHead head = model.LoadHead();
        double sum = 0;
        int windows = 0;
        for (int chunk = 0; chunk < chunks.Count; chunk++)
        {
            ReadOnlySpan<int> ids = chunks.Ids(chunk);
            int count = ids.Length / chunks.SequenceLength;
            var losses = new double[count * (chunks.SequenceLength - 1)];
            using Matrix<float> values = hidden.Read(chunk);
            head.Losses(values, ids, chunks.SequenceLength, losses);
            windows += count;

            // Every window predicts the same number of tokens, so the mean of window means is the mean of all.
            sum += losses.Sum() / (chunks.SequenceLength - 1);
        }

        return sum / windows;
    }
}
