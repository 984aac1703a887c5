using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Locking;

namespace SparseLlm.Pipeline.Cache;

/// <summary>Brings what a lock file names to the remote cache, or from there.</summary>
public static class CacheExchange
{
    /// <summary>Stores the artifacts of a lock file on the remote cache.</summary>
    /// <param name="cache">The cache; its remote cache must be open for writing.</param>
    /// <param name="lockPath">The lock file.</param>
    /// <param name="withLayers">Whether the decoder layers are stored as well: what a build goes on from after an edit of the recipe.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <exception cref="DiagnosticException">There is no lock file, or no remote cache that may be written.</exception>
    public static IReadOnlyList<ExchangedArtifact> Push(BuildCache cache, string lockPath, bool withLayers, CancellationToken cancellation) =>
        Exchange(lockPath, withLayers, key => cache.TryPush(key, cancellation));

    /// <summary>Fetches the artifacts of a lock file from the remote cache, unless they are here.</summary>
    /// <param name="cache">The cache; it must have a remote cache.</param>
    /// <param name="lockPath">The lock file.</param>
    /// <param name="withLayers">Whether the decoder layers are fetched as well.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <exception cref="DiagnosticException">There is no lock file, or no remote cache.</exception>
    public static IReadOnlyList<ExchangedArtifact> Pull(BuildCache cache, string lockPath, bool withLayers, CancellationToken cancellation) =>
        Exchange(lockPath, withLayers, key => cache.TryPull(key, cancellation));

    private static List<ExchangedArtifact> Exchange(string lockPath, bool withLayers, Func<string, bool> move)
    {
        LockFile locked = LockFile.Read(lockPath) ?? throw PipelineDiagnostics.LockMissing.Error(
            new SourceLocation(lockPath), "there is no lock file, so it is not known what to exchange; build once");
        if (locked.Artifacts.Values.SelectMany(artifact => (IEnumerable<string?>)[artifact?.Key, .. artifact?.Layers ?? []]).Any(key => !Sha256Text.IsValid(key)))
        {
            throw PipelineDiagnostics.LockUnreadable.Error(
                new SourceLocation(lockPath), "the lock file has something else than a key for one; delete it and build once without --locked");
        }

        var artifacts = new List<ExchangedArtifact>();
        foreach ((string name, LockedArtifact artifact) in locked.Artifacts)
        {
            int layers = withLayers ? artifact.Layers.Count(move) : 0;
            artifacts.Add(new ExchangedArtifact(name, artifact.Key, move(artifact.Key), layers, withLayers ? artifact.Layers.Count : 0));
        }

        return artifacts;
    }
}

/// <summary>An artifact that was to be exchanged with a remote cache.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">Its key.</param>
/// <param name="IsThere">Whether it is where it was to be brought.</param>
/// <param name="LayersThere">How many of its decoder layers are.</param>
/// <param name="Layers">How many were asked for.</param>
public sealed record ExchangedArtifact(string Name, string Key, bool IsThere, int LayersThere, int Layers)
{
    /// <summary>Whether everything that was asked for is there.</summary>
    public bool IsComplete => IsThere && LayersThere == Layers;
}
