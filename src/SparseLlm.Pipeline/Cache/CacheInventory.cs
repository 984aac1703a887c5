using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Local;

namespace SparseLlm.Pipeline.Cache;

/// <summary>What is in a cache.</summary>
/// <param name="Directory">Its folder.</param>
/// <param name="Entries">Its entries, the last used first.</param>
/// <param name="LockFiles">The lock files that keep some of them from being cleared away.</param>
/// <param name="Damaged">Entries that cannot be used.</param>
/// <param name="Blobs">Number of files that hold bytes; entries share them.</param>
/// <param name="Bytes">Bytes in all of them.</param>
internal sealed record CacheInventory(
    string Directory,
    IReadOnlyList<ListedEntry> Entries,
    IReadOnlyList<PinningLockFile> LockFiles,
    int Damaged,
    int Blobs,
    long Bytes)
{
    /// <summary>Looks through a cache.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="cancellation">Stops between entries.</param>
    /// <exception cref="Diagnostics.DiagnosticException">Caching is turned off.</exception>
    public static CacheInventory Of(BuildCache cache, CancellationToken cancellation = default)
    {
        LocalStore store = cache.RequireStore();
        CachePins pins = CachePins.Read(store);
        var entries = new List<ListedEntry>();
        int damaged = 0;
        foreach (string key in store.Keys())
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                if (store.ReadEntry(key) is { } entry)
                {
                    entries.Add(new ListedEntry(entry, store.LastUse(key), pins.Holds(entry)));
                }
            }
            catch (InvalidDataException)
            {
                damaged++;
            }
        }

        StoredFile[] blobs = [.. LocalStore.Files(store.Blobs)];
        return new CacheInventory(
            store.Root,
            [.. entries.OrderByDescending(entry => entry.LastUsed)],
            pins.Describe([.. entries.Select(listed => listed.Entry)]),
            damaged,
            blobs.Length,
            StoredFile.Size(blobs));
    }
}

/// <summary>An entry in a list.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="LastUsed">When it was last stored or found (UTC).</param>
/// <param name="IsPinned">Whether a <c>pruning.lock.json</c> names it.</param>
internal sealed record ListedEntry(CacheEntry Entry, DateTime LastUsed, bool IsPinned);
