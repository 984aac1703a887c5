using SparseLlm.Files;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Local;
using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Cache;

/// <summary>
/// Clearing up: what is damaged or left over goes, then the entries that have not been used for the longest time, until
/// the rest fits. What a <c>pruning.lock.json</c> names stays.
/// </summary>
internal sealed class CacheCollection
{
    // A blob without an entry may belong to one that is being stored at this moment; a lock may be about to be taken.
    private static readonly TimeSpan BlobGrace = TimeSpan.FromHours(1);
    private static readonly TimeSpan LockGrace = TimeSpan.FromDays(1);

    private readonly LocalStore store;
    private readonly List<CacheRemoval> removals = [];
    private readonly Dictionary<string, (StoredFile File, int Uses)> blobs;

    private CacheCollection(LocalStore store)
    {
        this.store = store;
        blobs = LocalStore.Files(store.Blobs).ToDictionary(blob => blob.Name, blob => (blob, 0));
        Before = StoredFile.Size(blobs.Values.Select(blob => blob.File));
    }

    /// <summary>Bytes in the cache before.</summary>
    public long Before { get; }

    /// <summary>Bytes in the cache once the removals are done.</summary>
    public long After { get; private set; }

    /// <summary>Bytes of the entries that lock files keep.</summary>
    public long Pinned { get; private set; }

    /// <summary>The lock files that keep them.</summary>
    public IReadOnlyList<PinningLockFile> LockFiles { get; private set; } = [];

    /// <summary>What goes.</summary>
    public IReadOnlyList<CacheRemoval> Removals => removals;

    /// <summary>Finds out what would go. Nothing is changed.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="maximumSize">Bytes that may stay; pinned entries stay in any case.</param>
    /// <param name="cancellation">Stops between entries.</param>
    /// <param name="runs">Folders of runs that nobody needs any more.</param>
    /// <exception cref="Diagnostics.DiagnosticException">Caching is turned off.</exception>
    public static CacheCollection Plan(
        BuildCache cache,
        long maximumSize,
        CancellationToken cancellation = default,
        IEnumerable<string>? runs = null)
    {
        var collection = new CacheCollection(cache.RequireStore());
        CachePins pins = CachePins.Read(collection.store);
        ILookup<bool, CacheEntry> entries = collection.ReadEntries(cancellation).ToLookup(pins.Holds);
        CacheEntry[] held = [.. entries[true]];
        (collection.Pinned, collection.LockFiles) = (CacheEntry.SizeOf(held), pins.Describe(held));
        collection.After = collection.Before;
        collection.RemoveUnused();
        foreach (CacheEntry entry in entries[false].OrderBy(entry => collection.store.LastUse(entry.Key)))
        {
            if (collection.After <= maximumSize)
            {
                break;
            }

            collection.Evict(entry);
        }

        collection.RemoveLeftovers();
        foreach (string run in runs ?? [])
        {
            collection.Remove(run, "folder of a run that has ended", 0);
        }

        return collection;
    }

    /// <summary>Removes what was found.</summary>
    /// <returns>Those that could not be removed.</returns>
    public IReadOnlyList<CacheRemoval> Execute()
        => [.. removals.Where(removal => !Delete(removal.Path) && Path.Exists(removal.Path))];

    /// <summary>Whether another process uses what is deleted matters for locks and temporary files, and for nothing
    /// else.</summary>
    private bool Delete(string path) =>
        Path.GetDirectoryName(path) == store.Runs ? LocalStore.DropFolder(path)
        : TempFile.IsName(Path.GetFileName(path)) || Path.GetDirectoryName(path) == store.Locks
            ? FileLock.TryDelete(path)
            : LocalStore.Drop(path);

    /// <summary>Counts who uses which blob. Damaged entries go.</summary>
    /// <returns>The entries whose bytes are all there.</returns>
    private List<CacheEntry> ReadEntries(CancellationToken cancellation)
    {
        var entries = new List<CacheEntry>();
        foreach (string key in store.Keys())
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                if (store.ReadEntry(key) is { } entry && Count(entry))
                {
                    entries.Add(entry);
                }
            }
            catch (InvalidDataException)
            {
                Remove(store.EntryPath(key), "damaged entry", 0);
            }
        }

        return entries;
    }

    /// <summary>Counts an entry as a user of its blobs; false if it was stored after they were listed, and is in use
    /// then.</summary>
    private bool Count(CacheEntry entry)
    {
        string[] digests = [.. entry.Files.Select(file => file.Digest).Distinct().Where(blobs.ContainsKey)];
        foreach (string digest in digests)
        {
            blobs[digest] = (blobs[digest].File, blobs[digest].Uses + 1);
        }

        return entry.Files.All(file => blobs.ContainsKey(file.Digest));
    }

    private void RemoveUnused()
    {
        foreach ((StoredFile file, _) in blobs.Values.Where(blob => blob.Uses == 0 && IsOlder(blob.File, BlobGrace)))
        {
            RemoveBlob(file, "bytes of no entry", "bytes of no entry");
        }
    }

    private void Evict(CacheEntry entry)
    {
        string group = entry.Origin is { } origin
            ? $"{entry.Kind}: {origin.Artifact ?? "dense model"} ({origin.Model})"
            : entry.Kind;
        Remove(store.EntryPath(entry.Key), $"{entry.Kind}: {entry.Description}", 0, group);
        foreach (string digest in entry.Files.Select(file => file.Digest).Distinct())
        {
            (StoredFile file, int uses) = blobs[digest];
            blobs[digest] = (file, uses - 1);
            if (uses == 1)
            {
                RemoveBlob(file, $"bytes of {entry.Description}", group);
            }
        }
    }

    private void RemoveBlob(StoredFile blob, string what, string group)
    {
        Remove(blob.Path, what, blob.Length, group);
        After -= blob.Length;
    }

    private void RemoveLeftovers()
    {
        foreach (StoredFile file in store.TempFiles().Where(file => FileLock.IsFree(file.Path)))
        {
            Remove(file.Path, "temporary file", file.Length);
        }

        foreach (StoredFile file in LocalStore.Files(store.Locks)
            .Where(file => IsOlder(file, LockGrace) && FileLock.IsFree(file.Path)))
        {
            Remove(file.Path, "lock", file.Length);
        }

        foreach (string path in CachePins.Outdated(store))
        {
            Remove(path, "pin of a lock file that is gone", 0);
        }

        foreach (StoredFile file in LocalStore.Files(store.Digests)
            .Where(file => FileDigestMemo.TryRead(file.Path) is not { } memo || !File.Exists(memo.Path)))
        {
            Remove(file.Path, "digest of a file that is gone", file.Length);
        }
    }

    private static bool IsOlder(StoredFile file, TimeSpan age) => DateTime.UtcNow - file.LastWrite > age;

    private void Remove(string path, string what, long bytes, string? group = null)
        => removals.Add(new CacheRemoval(path, what, bytes, group ?? what));
}

/// <summary>A file of a cache that goes.</summary>
/// <param name="Path">The file.</param>
/// <param name="What">What it is, for people.</param>
/// <param name="Bytes">Its length, where that matters.</param>
/// <param name="Group">What it is together with others, for people.</param>
internal sealed record CacheRemoval(string Path, string What, long Bytes, string Group);
