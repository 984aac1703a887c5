using SparseLlm.Models;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Numerics;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Running;

/// <summary>A dense model and what is computed from it once for all artifacts: its digest, token ids, its own perplexities.</summary>
public sealed class ModelSession : IDisposable
{
    private readonly Dictionary<string, int[]> ids = [];
    private readonly Dictionary<string, Perplexity> perplexities = [];
    private readonly IProgress<BuildProgress>? progress;
    private Tokenizer? tokenizer;
    private string? digest;

    /// <summary>Opens a model.</summary>
    /// <param name="directory">Its Hugging Face directory.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="progress">Told of evaluation steps.</param>
    public ModelSession(string directory, IBackend backend, IProgress<BuildProgress>? progress = null)
    {
        this.progress = progress;
        Model = DecoderModel.Open(directory, backend);
    }

    /// <summary>The dense model.</summary>
    public DecoderModel Model { get; }

    /// <summary>The digest of the files that decide what the model computes.</summary>
    public string Digest => digest ??= FileDigest.OfFiles(Model.Directory, ModelFiles.Of(Model.Directory));

    /// <summary>The calibration windows.</summary>
    public CalibrationTokens Calibration(CalibrationSource source) =>
        CalibrationTokens.Cut(Ids(source.Text), source.Settings, Model.Definition.MaximumLength, source.Location);

    /// <summary>The dense model's perplexity.</summary>
    public Perplexity DensePerplexity(PerplexityText text, CancellationToken cancellation)
    {
        string key = text.Key(Model.Definition.MaximumLength);
        if (!perplexities.TryGetValue(key, out Perplexity? perplexity))
        {
            perplexity = Measure(Model, "dense", text, cancellation);
            perplexities.Add(key, perplexity);
        }

        return perplexity;
    }

    /// <summary>The perplexity of a model with this model's tokenizer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">Its name in progress messages.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public Perplexity Measure(DecoderModel model, string name, PerplexityText text, CancellationToken cancellation) =>
        Perplexity.Measure(
            model,
            Ids(text.Text),
            text.SequenceLength,
            text.Location,
            (done, layers) => progress?.Report(new EvaluationStep(name, text.Name, done, layers)),
            cancellation);

    private int[] Ids(TextSource source)
    {
        string key = string.Join('\n', source.Paths.Append(source.Field));
        if (!ids.TryGetValue(key, out int[]? known))
        {
            known = CalibrationText.ReadIds(source, () => tokenizer ??= Tokenizer.Load(Model.Directory));
            ids.Add(key, known);
        }

        return known;
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
