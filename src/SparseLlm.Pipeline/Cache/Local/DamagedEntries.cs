using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Cache.Local;

/// <summary>
/// Entries that turned out to be damaged: each is dropped, reported, and not looked at again by this run until it is
/// stored anew. Safe for several threads.
/// </summary>
/// <param name="store">The store that they are in.</param>
/// <param name="report">Told of each, as a note.</param>
internal sealed class DamagedEntries(LocalStore store, Action<Diagnostic> report)
{
    private readonly HashSet<string> keys = [];
    private readonly Lock gate = new();

    /// <summary>Does something with an entry that may find it damaged; null where it does, or where it was
    /// before.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="action">Throws an <see cref="InvalidDataException"/> where the entry is damaged.</param>
    public T? Guard<T>(string key, Func<T?> action)
        where T : class
    {
        lock (gate)
        {
            if (keys.Contains(key))
            {
                return null;
            }
        }

        try
        {
            return action();
        }
        catch (InvalidDataException exception)
        {
            lock (gate)
            {
                keys.Add(key);
            }

            string path = store.EntryPath(key);
            LocalStore.Drop(path);
            report(PipelineDiagnostics.CacheEntryDamaged.At(
                new SourceLocation(
                    path), $"an entry of the cache is damaged: {exception.Message}; it was dropped, and what it held "
                        + $"is computed again"));
            return null;
        }
    }

    /// <summary>Another entry has come into the place of a damaged one.</summary>
    public void Replaced(string key)
    {
        lock (gate)
        {
            keys.Remove(key);
        }
    }
}
