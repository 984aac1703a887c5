using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Cached;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Building;

/// <summary>Perplexities of a dense model and of what is made from it, measured or remembered.</summary>
/// <param name="dense">The dense model, whose tokenizer all of them have.</param>
/// <param name="engine">What measures.</param>
/// <param name="memory">How much memory activations may take.</param>
/// <param name="progress">Told of evaluation steps.</param>
internal sealed class PerplexityMeter(
    DenseModel dense,
    IEngine engine,
    MemoryBudget memory,
    IProgress<BuildProgress>? progress = null)
{
    private const string Dense = "dense";

    /// <summary>Whether anything may be measured; where nothing may, it is an error if a perplexity is not in the
    /// cache.</summary>
    public bool MayMeasure { get; init; } = true;

    /// <summary>Whether others may be at the same, so that what several artifacts need is claimed before it is
    /// measured.</summary>
    public bool SharesWork { get; init; }

    /// <summary>The dense model's perplexity.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cancellation">Stops waiting for another who measures it, and between chunks.</param>
    public Perplexity OfDense(PerplexityText text, CancellationToken cancellation)
    {
        string key = dense.EvaluationKey(dense.Digests.All, text);
        using IDisposable? turn = SharesWork && Known(key, text, cancellation) is null
            ? dense.Cache.Claim(key, cancellation, () => progress?.Report(new Waiting(Dense)))
            : null;
        return Of(dense.Directory, dense.Digests.All, Dense, text, cancellation);
    }

    /// <summary>The perplexity of a model.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="digest">The digest of its files.</param>
    /// <param name="name">Its name in progress messages.</param>
    /// <param name="text">The text.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <exception cref="Diagnostics.DiagnosticException">It cannot be measured, or may not be.</exception>
    public Perplexity Of(
        string directory,
        string digest,
        string name,
        PerplexityText text,
        CancellationToken cancellation)
    {
        string key = dense.EvaluationKey(digest, text);
        if (Known(key, text, cancellation) is { } known)
        {
            return known;
        }

        if (!MayMeasure)
        {
            throw PipelineDiagnostics.NotInCache.Error(
                text.Location, $"the perplexity of {name} on '{text.Name}' is not in the cache and would have to be "
                    + $"measured. {PruneJob.BuildElsewhere}");
        }

        bool isDense = directory == dense.Directory;
        InputStamps[] read = isDense ? [dense.Stamps(text)] : [dense.Stamps(text), StampsOf(directory)];
        Perplexity perplexity = engine.Measure(
            new MeasureJob(dense.Directory, directory, name, text, memory),
            dense.Cache,
            progress,
            cancellation);
        Array.ForEach(read, stamps => stamps.RequireUnchanged());
        dense.Cache.Put(
            key,
            CachedPerplexity.Kind,
            $"perplexity of {name} on {text.Name}",
            [],
            perplexity,
            cancellation,
            EntryOrigin.Of(dense.Directory, isDense ? null : name));
        return perplexity;
    }

    private Perplexity? Known(string key, PerplexityText text, CancellationToken cancellation) => dense.Cache
        .TryGet(key, entry => CachedPerplexity.Read(entry, text, dense), cancellation)?.Metadata;

    private static InputStamps StampsOf(string directory) =>
        new([.. ModelFiles.Of(directory).Select(name => InputStamp.Of(Path.Combine(directory, name)))]);
}
