using SparseLlm.Models;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Numerics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Running;

/// <summary>A dense model and what is computed from it once for all artifacts: its digests, token ids, its own perplexities.</summary>
public sealed class ModelSession : IDisposable
{
    private readonly Dictionary<string, int[]> ids = [];
    private readonly IProgress<BuildProgress>? progress;
    private Tokenizer? tokenizer;
    private SharedInputs? shared;

    /// <summary>Opens a model.</summary>
    /// <param name="directory">Its Hugging Face directory.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="cache">What has been computed before.</param>
    /// <param name="progress">Told of evaluation steps.</param>
    public ModelSession(string directory, IBackend backend, BuildCache cache, IProgress<BuildProgress>? progress = null)
    {
        this.progress = progress;
        Cache = cache;
        Model = DecoderModel.Open(directory, backend);
        Digests = new ModelDigests(directory, Model.Definition, cache.Digests);
    }

    /// <summary>The dense model.</summary>
    public DecoderModel Model { get; }

    /// <summary>What has been computed before.</summary>
    public BuildCache Cache { get; }

    /// <summary>The digests of the dense model.</summary>
    public ModelDigests Digests { get; }

    /// <summary>Whether several prunes are to be expected, so that what they have in common is worth its memory.</summary>
    public bool ExpectsSeveralPrunes { get; init; }

    /// <summary>How much memory activations may take.</summary>
    public MemoryBudget Memory { get; init; } = MemoryBudget.Default;

    /// <summary>A place for the activations of one run.</summary>
    public MatrixStore CreateStore() => new(Model.Backend, Memory.Bytes, Cache.Scratch());

    /// <summary>What a prune has in common with the one before it; null where nothing is shared.</summary>
    public SharedInputs? SharedInputs(PruningSettings settings, CalibrationTokens tokens)
    {
        if (ExpectsSeveralPrunes && shared?.Fits(settings, tokens) != true)
        {
            shared?.Dispose();
            shared = new SharedInputs(settings, tokens);
        }

        return shared;
    }

    /// <summary>The calibration windows.</summary>
    public CalibrationTokens Calibration(CalibrationSource source) =>
        CalibrationTokens.Cut(Ids(source.Text), source.Settings, Model.Definition.MaximumLength, source.Location);

    /// <summary>What decides the bits of an artifact.</summary>
    public ArtifactInputs Inputs(PruneRequest request) =>
        ArtifactInputs.Of(
            Model.Definition, Digests, Cache.Digests, request.Settings, request.Plan, request.Calibration, Model.Backend.NumericsClass);

    /// <summary>The dense model's perplexity.</summary>
    public Perplexity DensePerplexity(PerplexityText text, CancellationToken cancellation) =>
        Measure(Model, Digests.All, "dense", text, cancellation);

    /// <summary>The perplexity of a model with this model's tokenizer, measured or remembered.</summary>
    /// <param name="model">The model.</param>
    /// <param name="digest">The digest of its files.</param>
    /// <param name="name">Its name in progress messages.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public Perplexity Measure(DecoderModel model, string digest, string name, PerplexityText text, CancellationToken cancellation)
    {
        string key = EvaluationKey(digest, text);
        if (Cache.TryGet(key, cancellation)?.MetadataAs<Perplexity>() is { } known)
        {
            return known;
        }

        using MatrixStore store = CreateStore();
        Perplexity perplexity = Perplexity.Measure(
            model,
            Ids(text.Text),
            text.SequenceLength,
            text.Location,
            store,
            (done, layers) => progress?.Report(new EvaluationStep(name, text.Name, done, layers)),
            cancellation);
        if (double.IsFinite(perplexity.Value))
        {
            Cache.Put(key, "perplexity", $"perplexity of {name} on {text.Name}", [], perplexity, cancellation);
        }

        return perplexity;
    }

    /// <summary>The key of a measurement.</summary>
    /// <param name="digest">The digest of the model's files.</param>
    /// <param name="text">The text.</param>
    public string EvaluationKey(string digest, PerplexityText text)
    {
        using var key = new KeyBuilder("evaluation", ArtifactInputs.CurrentRevision);
        return key.Add("model", digest)
            .Add("tokenizer", Digests.Files.GetValueOrDefault("tokenizer.json"))
            .Add("numerics", Model.Backend.NumericsClass)
            .Add("text", text.Key(Model.Definition.MaximumLength, Cache.Digests))
            .Build();
    }

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
    public void Dispose()
    {
        shared?.Dispose();
        Model.Dispose();
    }
}
