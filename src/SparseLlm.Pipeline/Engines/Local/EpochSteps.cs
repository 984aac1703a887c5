using System.Globalization;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Tuning.Global;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>
/// The passes that tune all layers of an artifact together, in the cache: after each of them all that the next one
/// depends on, which is several times the size of the model. Only the last state and the best one are kept, on this
/// machine, until the artifact is made.
/// </summary>
/// <param name="cache">The cache, without a remote one.</param>
/// <param name="keys">The key of the state after each pass.</param>
/// <param name="artifact">The artifact, for people.</param>
/// <param name="origin">What it is made for.</param>
internal sealed class EpochSteps(BuildCache cache, IReadOnlyList<string> keys, string artifact, EntryOrigin origin)
{
    private const string Kind = "pass";
    private const string FileName = "state";

    /// <summary>The pass after which a run that is stopped now would go on; 0 for the first.</summary>
    public int Last { get; private set; }

    /// <summary>Goes on from the last state that is in the cache, if there is one.</summary>
    public void Resume(GlobalTuning tuning, CancellationToken cancellation)
    {
        for (int epoch = keys.Count; epoch > 0; epoch--)
        {
            if (Find(epoch, cancellation) is { } latest && TryResume(tuning, latest, cancellation))
            {
                Last = epoch;
                return;
            }
        }
    }

    /// <summary>Keeps the state after the last pass, and lets go of those that are not needed any more; does nothing where
    /// the cache is off, or cannot be written.</summary>
    /// <param name="tuning">The tuning.</param>
    public void Save(GlobalTuning tuning)
    {
        GlobalReport report = tuning.Report;
        int last = report.Epochs.Count;

        // Not to be cancelled: who stops a build expects that what is finished is kept.
        bool isStored = cache.Put(
            keys[last - 1],
            Kind,
            string.Create(CultureInfo.InvariantCulture, $"{artifact}: pass {last} over all layers"),
            FileName,
            tuning.Write,
            report,
            origin);
        if (!isStored)
        {
            return;
        }

        Last = last;
        foreach (int epoch in Enumerable.Range(1, last - 1).Where(epoch => epoch != report.Kept))
        {
            cache.Drop(keys[epoch - 1]);
        }
    }

    private CacheHit<GlobalReport>? Find(int epoch, CancellationToken cancellation) => cache.TryGet(
        keys[epoch - 1],
        entry => entry.MetadataAs<GlobalReport>(Kind) is { } report && report.Epochs.Count == epoch
            ? report
            : throw new InvalidDataException("it is that of another pass"),
        cancellation);

    private bool TryResume(GlobalTuning tuning, CacheHit<GlobalReport> latest, CancellationToken cancellation)
    {
        GlobalReport report = latest.Metadata;
        bool isBestElsewhere = report.Kept > 0 && report.Kept < report.Epochs.Count;
        return (!isBestElsewhere
                || (Find(report.Kept, cancellation) is { } best && TryRead(best.Entry, tuning.Recall, cancellation)))
            && TryRead(latest.Entry, state => tuning.Resume(report, state), cancellation);
    }

    private bool TryRead(CacheEntry entry, Action<Stream> read, CancellationToken cancellation) => cache.TryRead(
        entry,
        FileName,
        state =>
        {
            read(state);
            return entry;
        },
        cancellation) is not null;
}
