using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>A dense model on a backend, and what is computed once for all jobs on it: token ids, what prunes have in
/// common.</summary>
internal sealed class ModelSession : IDisposable
{
    private readonly Dictionary<(string Paths, TextSource Reading, int Count), int[]> ids = [];
    private readonly Func<string, DecoderModel> open;
    private Tokenizer? tokenizer;
    private ConversationText? conversations;
    private SharedInputs? shared;

    /// <summary>Opens a model.</summary>
    /// <param name="directory">Its Hugging Face directory.</param>
    /// <param name="open">Opens a model on what computes.</param>
    public ModelSession(string directory, Func<string, DecoderModel> open)
    {
        this.open = open;
        Model = open(directory);
    }

    /// <summary>The dense model.</summary>
    public DecoderModel Model { get; }

    /// <summary>A place for the activations of one job.</summary>
    /// <param name="memory">How much memory they may take.</param>
    /// <param name="scratch">A folder for what is beyond it.</param>
    public MatrixStore CreateStore(MemoryBudget memory, string scratch) => new(Model.Backend, memory.Bytes, scratch);

    /// <summary>What a prune has in common with the one before it; null where no more prunes are to be
    /// expected.</summary>
    public SharedInputs? SharedInputs(PruneJob job, CalibrationTokens tokens)
    {
        PruningSettings settings = job.Request.Settings;
        if (!job.ExpectsMore)
        {
            return null;
        }

        if (shared?.Fits(settings, tokens) != true)
        {
            shared?.Dispose();
            shared = new SharedInputs(settings, tokens);
        }

        return shared;
    }

    /// <summary>The calibration windows.</summary>
    public CalibrationTokens Calibration(CalibrationSource source)
    {
        CalibrationSettings settings = source.Settings;
        int count = settings.Sampling == Sampling.Sequential
            ? Count(settings.Samples, settings.SequenceLength)
            : CalibrationText.All;
        return CalibrationTokens.Cut(
            Ids(source.Text, count),
            settings,
            Model.Definition.MaximumLength,
            source.Location);
    }

    /// <summary>The perplexity of this model, or of another one with its tokenizer.</summary>
    /// <param name="job">Which model on which text.</param>
    /// <param name="scratch">A folder for what does not fit into memory.</param>
    /// <param name="progress">Told of the decoder layers that are done.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public Perplexity Measure(
        MeasureJob job,
        string scratch,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation)
    {
        if (job.Model == Model.Directory)
        {
            return Measure(Model, job, scratch, progress, cancellation);
        }

        using DecoderModel other = open(job.Model);
        return Measure(other, job, scratch, progress, cancellation);
    }

    private Perplexity Measure(
        DecoderModel model,
        MeasureJob job,
        string scratch,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation)
    {
        using MatrixStore store = CreateStore(job.Memory, scratch);
        int count = job.Text.Windows is { } windows ? Count(windows, job.Text.SequenceLength) : CalibrationText.All;
        int[] text = Ids(job.Text.Text, count);
        return Perplexity.Measure(
            model,
            text.Length > count ? text[..count] : text,
            job.Text.SequenceLength,
            job.Text.Location,
            store,
            (done, layers) => progress?.Report(new EvaluationStep(job.Name, job.Text.Name, done, layers)),
            cancellation);
    }

    /// <summary>How many ids windows have.</summary>
    private int Count(int windows, int? length) =>
        (int)Math.Min(
            CalibrationText.All,
            (long)windows * (length ?? CalibrationTokens.DefaultSequenceLength(Model.Definition.MaximumLength)));

    private int[] Ids(TextSource source, int count)
    {
        var key = (string.Join('\n', source.Paths), source with { Paths = [] }, count);
        if (!ids.TryGetValue(key, out int[]? known))
        {
            known = CalibrationText.ReadIds(
                source,
                () => tokenizer ??= Tokenizer.Load(Model.Directory),
                messages => (conversations ??= new ConversationText(Model.Directory)).Render(messages),
                count);
            RequireInVocabulary(known, source);
            ids.Add(key, known);
        }

        return known;
    }

    /// <summary>Found here, where it is known whose ids they are.</summary>
    private void RequireInVocabulary(int[] read, TextSource source)
    {
        int size = Model.Definition.VocabularySize;
        int place = Array.FindIndex(read, id => id >= size);
        if (place < 0)
        {
            return;
        }

        bool isEncoded = source.Paths.All(path => TextFormats.Of(path) == TextFormat.TokenIds);
        throw ModelDiagnostics.TokenOutOfRange.Error(
            new SourceLocation(isEncoded ? source.Paths[0] : Model.Directory),
            isEncoded
                ? $"element {place} is token id {read[place]}, and the model's vocabulary has {size}; encode the text "
                    + $"with the tokenizer that belongs to the model"
                : $"its tokenizer gives token id {read[place]}, and its vocabulary has {size}; one of the two belongs "
                    + $"to another model");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        shared?.Dispose();
        Model.Dispose();
    }
}
