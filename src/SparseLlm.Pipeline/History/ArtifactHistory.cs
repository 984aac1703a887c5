using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Locking;

namespace SparseLlm.Pipeline.History;

/// <summary>How artifacts have come out over time, by the past of their lock file in git.</summary>
/// <param name="Entries">Every change of an artifact, by artifact, the newest first.</param>
/// <param name="Missing">Why there is no past to be told, where there is none.</param>
/// <param name="IsLimited">Whether there are more commits than were looked at.</param>
/// <param name="Unreadable">Commits with a lock file that this version does not understand.</param>
internal sealed record ArtifactHistory(
    IReadOnlyList<HistoryEntry> Entries,
    string? Missing,
    bool IsLimited,
    int Unreadable)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Looks through the past of a lock file.</summary>
    /// <param name="lockPath">The lock file.</param>
    /// <param name="names">The artifacts that are asked for; empty for all.</param>
    /// <param name="maximumCommits">How many commits are looked at, the newest.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <exception cref="DiagnosticException">The lock file as it stands cannot be read.</exception>
    public static ArtifactHistory Of(
        string lockPath,
        IReadOnlyCollection<string> names,
        int maximumCommits,
        CancellationToken cancellation)
    {
        LockFile? standing = LockFile.Read(lockPath);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(Patience);
        var states = new List<(HistoryCommit? Commit, LockFile Locked)>();
        (bool isLimited, int unreadable) = (false, 0);
        try
        {
            var file = new GitFile(lockPath, stop.Token);
            IReadOnlyList<HistoryCommit> commits = file.Commits(maximumCommits + 1);
            isLimited = commits.Count > maximumCommits;
            foreach (HistoryCommit commit in commits.Take(maximumCommits))
            {
                if (Read(file, commit) is { } locked)
                {
                    states.Add((commit, locked));
                }
                else
                {
                    unreadable++;
                }
            }
        }
        catch (GitException exception)
        {
            return new ArtifactHistory(
                [],
                $"git tells of no past of '{lockPath}': {exception.Message}",
                IsLimited: false,
                Unreadable: 0);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            isLimited = true;
        }

        if (states.Count == 0 && unreadable == 0 && !isLimited)
        {
            return new ArtifactHistory([], $"no commit holds '{lockPath}'", IsLimited: false, Unreadable: 0);
        }

        states.Reverse();
        if (standing is not null)
        {
            states.Add((null, standing));
        }

        return new ArtifactHistory([.. Changes(states, names)], null, isLimited, unreadable);
    }

    /// <summary>The lock file of a commit. Where the commit removed it, nothing is locked; null where it makes no sense
    /// to this version.</summary>
    private static LockFile? Read(GitFile file, HistoryCommit commit)
    {
        try
        {
            return file.IsIn(commit)
                ? LockFile.TryParse(file.Read(commit, LockFile.MaximumLength))
                : new LockFile(new Dictionary<string, LockedArtifact>());
        }
        catch (GitException)
        {
            return null;
        }
    }

    private static IEnumerable<HistoryEntry> Changes(
        IReadOnlyList<(HistoryCommit? Commit, LockFile Locked)> states,
        IReadOnlyCollection<string> names)
    {
        IEnumerable<string> artifacts = states.SelectMany(state => state.Locked.Artifacts.Keys).Distinct()
            .Order(StringComparer.Ordinal);
        foreach (string artifact in artifacts.Where(name => names.Count == 0 || names.Contains(name)))
        {
            var entries = new List<HistoryEntry>();
            LockedArtifact? before = null;
            foreach ((HistoryCommit? commit, LockFile file) in states)
            {
                LockedArtifact? locked = file.Artifacts.GetValueOrDefault(artifact);
                if (!IsSame(before, locked))
                {
                    entries.Add(new HistoryEntry(artifact, commit, locked));
                }

                before = locked;
            }

            entries.Reverse();
            foreach (HistoryEntry entry in entries)
            {
                yield return entry;
            }
        }
    }

    /// <summary>Whether an artifact is the same and has the same metrics, in whatever version's words.</summary>
    private static bool IsSame(LockedArtifact? before, LockedArtifact? after) =>
        before is null || after is null
            ? ReferenceEquals(before, after)
            : (before.Key, before.Digest, before.Packed, before.Sparsity) == (after.Key, after.Digest,
                after.Packed, after.Sparsity)
                && before.Perplexity.Count == after.Perplexity.Count
                && before.Perplexity.All(text => after.Perplexity.TryGetValue(text.Key, out LockedPerplexity? measured)
                    && (measured.Dense, measured.Pruned) == (text.Value.Dense, text.Value.Pruned));
}
