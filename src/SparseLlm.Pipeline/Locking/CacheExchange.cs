using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts.Cached;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Locking;

/// <summary>Brings what a lock file names to the remote cache, or from there: artifacts, their GGUF files and
/// perplexities, and decoder layers where they are asked for.</summary>
internal static class CacheExchange
{
    /// <summary>Stores the artifacts of a lock file on the remote cache. Nothing is sent where the cache has something
    /// else under their keys than was locked.</summary>
    /// <param name="cache">The cache; its remote cache must be open for writing.</param>
    /// <param name="lockPath">The lock file.</param>
    /// <param name="withLayers">Whether the decoder layers are stored as well: what a build goes on from after an edit
    /// of the recipe.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <exception cref="DiagnosticException">There is no lock file, no remote cache that may be written, or the cache
    /// has something else than was locked.</exception>
    public static IReadOnlyList<ExchangedArtifact> Push(
        BuildCache cache,
        string lockPath,
        bool withLayers,
        CancellationToken cancellation)
    {
        LockFile locked = Read(lockPath);
        Diagnostic[] others = [.. locked.Artifacts.SelectMany(artifact => Steps(artifact.Value)
            .Select(step => step.Difference(cache))
            .OfType<string>()
            .Select(difference => PipelineDiagnostics.LockMoved.At(
                new SourceLocation(lockPath),
                $"'{artifact.Key}' is locked, and what the cache has of it was not sent, nor anything else: "
                + $"{difference}; build it without the cache (--cache off), and find out who has written to it")))];
        return others.Length == 0
            ? Exchange(locked, withLayers, step => cache.TryPush(step.Key, cancellation))
            : throw new DiagnosticException(others);
    }

    /// <summary>Fetches the artifacts of a lock file from the remote cache, unless they are here. What is not as it was
    /// locked is dropped here, and not taken there.</summary>
    /// <param name="cache">The cache; it must have a remote cache.</param>
    /// <param name="lockPath">The lock file.</param>
    /// <param name="withLayers">Whether the decoder layers are fetched as well.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <exception cref="DiagnosticException">There is no lock file, or no remote cache.</exception>
    public static IReadOnlyList<ExchangedArtifact> Pull(
        BuildCache cache,
        string lockPath,
        bool withLayers,
        CancellationToken cancellation) =>
        Exchange(Read(lockPath), withLayers, step => cache.TryPull(step.Key, step.Check, cancellation));

    private static LockFile Read(string lockPath)
        => LockFile.Read(lockPath) ?? throw PipelineDiagnostics.LockMissing.Error(
            new SourceLocation(lockPath), "there is no lock file, so it is not known what to exchange; build once");

    private static List<ExchangedArtifact> Exchange(LockFile locked, bool withLayers, Func<LockedStep, bool> move)
    {
        // Artifacts have the dense model's perplexities in common, and perhaps layers.
        var moved = new Dictionary<string, bool>();
        var artifacts = new List<ExchangedArtifact>();
        foreach ((string name, LockedArtifact artifact) in locked.Artifacts)
        {
            LockedStep[] layers = withLayers ? [.. artifact.Layers.Select(Unchecked)] : [];
            LockedStep[] perplexities = [.. Perplexities(artifact)];
            LockedStep[] exports = [.. Exports(artifact)];
            artifacts.Add(new ExchangedArtifact(name, artifact.Stored.Key)
            {
                HasBudget = !withLayers || StepKeys.Of(artifact.Inputs).Allocation is not { } budget
                    || Move(Unchecked(budget)),
                LayersThere = layers.Count(Move),
                Layers = layers.Length,
                IsThere = Move(Artifact(artifact)),
                ExportsThere = exports.Count(Move),
                Exports = exports.Length,
                PerplexitiesThere = perplexities.Count(Move),
                Perplexities = perplexities.Length,
                UnnamedPerplexities = artifact.Perplexity.Values
                    .Count(perplexity => perplexity.DenseKey is null || perplexity.PrunedKey is null),
            });
        }

        return artifacts;

        bool Move(LockedStep step)
        {
            if (!moved.TryGetValue(step.Key, out bool isThere))
            {
                isThere = moved[step.Key] = move(step);
            }

            return isThere;
        }
    }

    private static IEnumerable<LockedStep> Steps(LockedArtifact artifact)
        => [Artifact(artifact), .. Exports(artifact), .. Perplexities(artifact)];

    /// <summary>A step of which nothing but its key is locked.</summary>
    private static LockedStep Unchecked(string key) => new(key, _ => { });

    private static LockedStep Artifact(LockedArtifact artifact) => new(artifact.Stored.Key, entry =>
    {
        string digest = CachedArtifact.Digest(entry);
        Require(
            digest == artifact.Stored.Digest,
            $"it has other files than were locked: digest {artifact.Stored.Digest} -> {digest}");
    });

    private static IEnumerable<LockedStep> Exports(LockedArtifact artifact)
        => (artifact.Exports ?? new Dictionary<string, LockedFiles>()).Values
        .Select(locked => new LockedStep(locked.Key, entry =>
        {
            string digest = entry.Files.Count > 0
                ? entry.MetadataAs<CachedExport>(CachedExport.Kind).Report(entry, "").Digest
                : "";
            Require(
                digest == locked.Digest,
                $"it has another GGUF file than was locked: digest {locked.Digest} -> {digest}");
        }));

    private static IEnumerable<LockedStep> Perplexities(LockedArtifact artifact) => artifact.Perplexity.Values
        .SelectMany(locked => ((string? Key, double Value)[])[(locked.DenseKey, locked.Dense), (locked.PrunedKey,
            locked.Pruned)])
        .Where(measurement => measurement.Key is not null)
        .Select(measurement => new LockedStep(measurement.Key!, entry =>
        {
            double value = entry.MetadataAs<Perplexity>(CachedPerplexity.Kind).Value;
            Require(value == measurement.Value, FormattableString.Invariant(
                $"it has another perplexity than was locked: {measurement.Value} -> {value}"));
        }));

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException(otherwise);
        }
    }

    /// <summary>A step that a lock file names.</summary>
    /// <param name="Key">Its key.</param>
    /// <param name="Check">Throws an <see cref="InvalidDataException"/> where an entry is not the one that was
    /// locked.</param>
    private sealed record LockedStep(string Key, Action<CacheEntry> Check)
    {
        /// <summary>What the cache here has under the key, where that is something else than was locked; null
        /// otherwise.</summary>
        public string? Difference(BuildCache cache)
        {
            try
            {
                if (cache.Peek(Key) is { } entry)
                {
                    Check(entry);
                }

                return null;
            }
            catch (InvalidDataException exception)
            {
                return exception.Message;
            }
        }
    }
}

/// <summary>An artifact that was to be exchanged with a remote cache.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">Its key.</param>
internal sealed record ExchangedArtifact(string Name, string Key)
{
    /// <summary>Whether it is where it was to be brought.</summary>
    public required bool IsThere { get; init; }

    /// <summary>How many of its GGUF files are, each with all of its parts.</summary>
    public required int ExportsThere { get; init; }

    /// <summary>How many GGUF files the lock file names.</summary>
    public required int Exports { get; init; }

    /// <summary>How many of its perplexities are: of the dense model and of its own, on each text.</summary>
    public required int PerplexitiesThere { get; init; }

    /// <summary>How many perplexities the lock file names.</summary>
    public required int Perplexities { get; init; }

    /// <summary>Texts whose perplexities cannot be exchanged, because an older version has written the lock
    /// file.</summary>
    public required int UnnamedPerplexities { get; init; }

    /// <summary>How many of its decoder layers are where they were to be brought.</summary>
    public required int LayersThere { get; init; }

    /// <summary>How many decoder layers were asked for.</summary>
    public required int Layers { get; init; }

    /// <summary>Whether the sparsity of each matrix is where it was to be brought, without which layers are of no use
    /// where it was found by measurement.</summary>
    public required bool HasBudget { get; init; }

    /// <summary>Whether everything that was asked for is there.</summary>
    public bool IsComplete => IsThere && ExportsThere == Exports && PerplexitiesThere == Perplexities
        && LayersThere == Layers
        && HasBudget;
}
