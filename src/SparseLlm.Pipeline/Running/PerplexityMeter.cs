using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Running;

/// <summary>Perplexities of a dense model and of what is made from it, measured or remembered.</summary>
/// <param name="dense">The dense model, whose tokenizer all of them have.</param>
/// <param name="engine">What measures.</param>
/// <param name="memory">How much memory activations may take.</param>
/// <param name="progress">Told of evaluation steps.</param>
public sealed class PerplexityMeter(DenseModel dense, IEngine engine, MemoryBudget memory, IProgress<BuildProgress>? progress = null)
{
    private const string CacheKind = "perplexity";

    /// <summary>The dense model's perplexity.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public Perplexity OfDense(PerplexityText text, CancellationToken cancellation) =>
        Of(dense.Directory, dense.Digests.All, "dense", text, cancellation);

    /// <summary>The perplexity of a model.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="digest">The digest of its files.</param>
    /// <param name="name">Its name in progress messages.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public Perplexity Of(string directory, string digest, string name, PerplexityText text, CancellationToken cancellation)
    {
        string key = dense.EvaluationKey(digest, text);
        if (dense.Cache.TryGet(key, entry => Read(entry, text), cancellation) is { Metadata: var known })
        {
            return known;
        }

        InputStamps[] read = directory == dense.Directory ? [dense.Stamps(text)] : [dense.Stamps(text), StampsOf(directory)];
        Perplexity perplexity = engine.Measure(new MeasureJob(dense.Directory, directory, name, text, memory), progress, cancellation);
        Array.ForEach(read, stamps => stamps.RequireUnchanged());
        dense.Cache.Put(key, CacheKind, $"perplexity of {name} on {text.Name}", [], perplexity, cancellation);
        return perplexity;
    }

    private static InputStamps StampsOf(string directory) =>
        new([.. ModelFiles.Of(directory).Select(name => InputStamp.Of(Path.Combine(directory, name)))]);

    /// <summary>A perplexity that is one of windows of the length that the text is cut into.</summary>
    private Perplexity Read(CacheEntry entry, PerplexityText text)
    {
        var perplexity = entry.MetadataAs<Perplexity>(CacheKind);
        int length = text.SequenceLength ?? CalibrationTokens.DefaultSequenceLength(dense.Definition.MaximumLength);
        return perplexity is { Value: > 0, Windows: > 0 } && double.IsFinite(perplexity.Value) && perplexity.Tokens == (long)perplexity.Windows * length
            ? perplexity
            : throw new InvalidDataException("it does not hold a perplexity of this text");
    }
}
