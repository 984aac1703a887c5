using SparseLlm.Files;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Artifacts.Outputs;

/// <summary>Keeps two processes from writing the same output at the same time.</summary>
internal static class OutputLock
{
    // Whose locks are where all processes of this user look: those with different caches, or none, can have the same
    // output.
    private static readonly KeyLocks Everywhere = new();

    /// <summary>Waits for an output, where all processes of this user look.</summary>
    /// <param name="output">The directory.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <param name="waiting">Told once, if another writes it.</param>
    /// <returns>Releases the lock; so does the end of the process, however it ends.</returns>
    public static IDisposable Acquire(string output, CancellationToken cancellation, Action waiting) =>
        Everywhere.Acquire(Key("output, whatever the cache", output), cancellation, waiting);

    /// <summary>Waits for an output, where all look who share a cache.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="output">The directory.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <param name="waiting">Told once, if another writes it.</param>
    /// <returns>Releases the lock; so does the end of the process, however it ends.</returns>
    public static IDisposable AcquireIn(BuildCache cache, string output, CancellationToken cancellation, Action waiting)
        =>
        cache.Lock(Key("output", output), cancellation, waiting);

    private static string Key(string kind, string output)
    {
        using var key = new KeyBuilder(kind, 1);
        return key.Add("path", ResolvedPath.Of(output)).Build();
    }
}
