using SparseLlm.Files;
using SparseLlm.Pipeline.Cache.Claims;
using SparseLlm.Pipeline.Cache.Local;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Cache;

/// <summary>
/// Lets one computation of a key run at a time, in this process or another on this machine. Where all share a cache the
/// locks are in its folder, else in a folder of the user's that all of their processes find.
/// </summary>
internal sealed class KeyLocks
{
    private readonly IReadOnlyList<Func<string>> folders;

    /// <summary>The locks of those who share a cache.</summary>
    /// <param name="cache">The cache's store; null where caching is off.</param>
    public KeyLocks(StoreWriter? cache = null)
        => folders = cache is null ? [OfUser] : [() => cache.Prepare().Locks, OfUser];

    /// <summary>Waits until nobody else computes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <param name="waiting">Told once, if another is at it.</param>
    /// <returns>Releases the lock; so does the end of the process, however it ends.</returns>
    public IDisposable Acquire(string key, CancellationToken cancellation, Action? waiting = null)
        => InFirstFolder(key, path => FileLock.Acquire(path, cancellation, waiting))!;

    /// <summary>Takes the lock of a key, unless another computes it.</summary>
    /// <returns>Releases the lock; null where another has it.</returns>
    public IDisposable? TryAcquire(string key) => InFirstFolder(key, FileLock.TryAcquire);

    private IDisposable? InFirstFolder(string key, Func<string, IDisposable?> acquire)
    {
        Sha256Text.Require(key);
        foreach (Func<string> folder in folders)
        {
            try
            {
                return acquire(Path.Combine(folder(), key));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // On to the next folder; without any, the same work is done twice, and no harm.
            }
        }

        return NoLock.Instance;
    }

    private static string OfUser() => PrivateFolder.Create(Path.GetTempPath(), "locks");
}
