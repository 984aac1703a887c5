using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Claims;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>
/// The calibration windows of an artifact, shared with other processes on the same cache. The windows' sections go
/// round among the parts, and whoever has claimed a part sums up its sections. Sums travel as entries of the cache. A
/// part that nobody has is taken over by a process that waits for it, which then begins again after the last finished
/// layer, with more windows.
/// </summary>
internal sealed class SharedWindows : IWindowShare, IDisposable
{
    private const string Kind = "sums";
    private const string FileName = "sums";
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly BuildCache cache;
    private readonly StepKeys keys;
    private readonly WindowPart part;
    private readonly EntryOrigin origin;
    private readonly string scratch;
    private readonly Dictionary<int, IDisposable> held = [];
    private readonly HashSet<PartialSum> published = [];

    private SharedWindows(BuildCache cache, StepKeys keys, WindowPart part, EntryOrigin origin, string scratch)
        => (this.cache, this.keys, this.part, this.origin, this.scratch) = (cache, keys, part, origin, scratch);

    /// <summary>Claims a part: the one that is meant for this process, or else another.</summary>
    /// <param name="cache">What the processes share.</param>
    /// <param name="keys">The keys of the artifact's steps.</param>
    /// <param name="part">The part.</param>
    /// <param name="origin">What sums are made for.</param>
    /// <param name="scratch">A folder for sums on their way into the cache.</param>
    /// <param name="cancellation">Stops asking.</param>
    /// <returns>Null where others have all parts.</returns>
    public static SharedWindows? TryJoin(
        BuildCache cache,
        StepKeys keys,
        WindowPart part,
        EntryOrigin origin,
        string scratch,
        CancellationToken cancellation)
    {
        var windows = new SharedWindows(cache, keys, part, origin, scratch);
        return Enumerable.Range(0, part.Count).Select(place => (part.Index + place) % part.Count)
            .Any(index => windows.TryTake(index, cancellation))
            ? windows
            : null;
    }

    /// <inheritdoc/>
    public bool Takes(int section) => held.ContainsKey(section % part.Count);

    /// <inheritdoc/>
    /// <exception cref="DiagnosticException">It could not be stored.</exception>
    public void Publish(PartialSum sum, Action<Stream> write)
    {
        string key = KeyOf(sum);
        if (cache.Contains(key))
        {
            published.Add(sum);
            return;
        }

        string path = Path.Combine(scratch, ".sums");
        using (FileStream stream = File.Create(path))
        {
            write(stream);
        }

        cache.Put(
            key,
            Kind,
            FormattableString.Invariant($"{origin.Artifact}: {sum.Name}, section {sum.Section} of its windows"),
            [(FileName, path)],
            null,
            CancellationToken.None,
            origin);
        File.Delete(path);
        published.Add(sum);
        if (!cache.Contains(key))
        {
            throw PipelineDiagnostics.UnitWithoutResult.Error(
                new SourceLocation(cache.Directory ?? ""),
                "the sums over calibration windows that other workers wait for could not be stored in the cache; free "
                + "some space there, or make it writable");
        }
    }

    /// <inheritdoc/>
    /// <exception cref="WindowsChangedException">This process has to begin again after the last finished
    /// layer.</exception>
    public void Collect(PartialSum sum, Action<Stream> read, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        TimeSpan pause = FirstPause;
        while (!TryRead(sum, read, cancellation))
        {
            // A process that was faster has finished the layer; or what this one has given to others was lost.
            if (cache.Contains(keys.Layers[sum.Layer], cancellation) || published.Any(IsLost))
            {
                throw new WindowsChangedException();
            }

            if (waited.Elapsed > part.Patience && TryTake(sum.Section % part.Count, cancellation))
            {
                throw new WindowsChangedException();
            }

            cache.Reconsider(KeyOf(sum));
            cancellation.WaitHandle.WaitOne(pause);
            cancellation.ThrowIfCancellationRequested();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Lets go of sums that nobody can ask for any more: a finished layer's, once all have gone on from
    /// it.</summary>
    /// <param name="layer">The layer; those before it are meant too.</param>
    public void Forget(int layer)
    {
        foreach (PartialSum sum in published.Where(sum => sum.Layer <= layer).ToArray())
        {
            cache.Drop(KeyOf(sum));
            published.Remove(sum);
        }
    }

    private bool IsLost(PartialSum sum) => !cache.Contains(KeyOf(sum)) && published.Remove(sum);

    private bool TryTake(int index, CancellationToken cancellation)
    {
        if (held.ContainsKey(index))
        {
            return false;
        }

        ClaimAttempt claim = cache.TryClaim(PartKey(index), cancellation);
        if (claim.Hold is not null)
        {
            held.Add(index, claim.Hold);
        }

        return claim.Hold is not null;
    }

    private bool TryRead(PartialSum sum, Action<Stream> read, CancellationToken cancellation) =>
        cache.TryGet(KeyOf(sum), cancellation) is { } entry
        && cache.TryRead(
            entry,
            FileName,
            stream =>
            {
                read(stream);
                return entry;
            },
            cancellation) is not null;

    private string KeyOf(PartialSum sum) => KeyBuilder.Of(
        Kind,
        [
            new("artifact", keys.Artifact),
            new("layer", keys.Layers[sum.Layer]),
            new("name", sum.Name),
            new("section", FormattableString.Invariant($"{sum.Section}")),
        ]);

    private string PartKey(int index) => KeyBuilder.Of(
        "part",
        [
            new("artifact", keys.Artifact),
            new("index", FormattableString.Invariant($"{index}")),
            new("count", FormattableString.Invariant($"{part.Count}")),
        ]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable hold in held.Values)
        {
            hold.Dispose();
        }
    }
}
