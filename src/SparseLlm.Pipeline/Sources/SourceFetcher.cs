using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Hub.Api;
using SparseLlm.Hub.Cache;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Sources;

/// <summary>
/// Brings what an address of the hub stands for onto this machine, unless it is here: the files that are needed, into
/// the hub's own cache, whose folders are read from there on. Says before a download what comes and how large it is.
/// </summary>
/// <param name="options">Which hub, and whether it may be asked.</param>
/// <param name="notice">Told what the user may want to know.</param>
/// <param name="progress">Told what is downloaded.</param>
internal sealed class SourceFetcher(
    HubOptions options,
    Action<Diagnostic> notice,
    IProgress<BuildProgress>? progress = null) : IDisposable
{
    private readonly HubClient hub = new(options, notice);

    /// <summary>Whether only that is taken which a lock file says: the hub is never asked what a revision stands
    /// for.</summary>
    public bool IsLocked { get; init; }

    /// <summary>Finds the files of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="locked">What is locked of it; null where nothing is.</param>
    /// <param name="cancellation">Stops; what has come of a file is kept for the next time.</param>
    /// <exception cref="DiagnosticException">It cannot be found, may not be had, or is not here and may not be
    /// fetched.</exception>
    public HubSource Fetch(HubAddress address, LockedSource? locked, CancellationToken cancellation)
    {
        string commit = locked?.Commit ?? (IsLocked ? RequirePinned(address) : hub.Resolve(address, cancellation));
        HubSnapshot snapshot = hub.Snapshot(address, commit);
        bool isHere = locked?.Files.Count > 0 && locked.Files.Keys.All(snapshot.Contains);
        IEnumerable<string> files = isHere
            ? locked!.Files.Keys
            : Bring(new Commit(address, commit, snapshot), locked is not null, cancellation).Select(file => file.Path);
        return new HubSource(address, commit, snapshot.Directory, [.. files.Order(StringComparer.Ordinal)])
        {
            IsWhole = isHere || !options.IsOffline || address.Kind == RepositoryKind.Dataset
                || hub.IsListed(address, commit),
        };
    }

    /// <summary>The commit that the hub has for an address now.</summary>
    /// <exception cref="DiagnosticException">It cannot be asked, or there is no such thing.</exception>
    public string Latest(HubAddress address, CancellationToken cancellation) => hub.Latest(address, cancellation);

    /// <inheritdoc/>
    public void Dispose() => hub.Dispose();

    private static string RequirePinned(HubAddress address) => address.IsPinned
        ? address.Revision
        : throw PipelineDiagnostics.LockMissing.Error(
        null, $"the lock file does not say which commit {address} stands for; build once without --locked and commit "
            + $"the lock file");

    private HubFile[] Bring(Commit commit, bool isLocked, CancellationToken cancellation)
    {
        IReadOnlyList<HubFile> all = List(commit, isLocked, cancellation);
        HubFile[] needed = commit.Address.Kind == RepositoryKind.Dataset
            ? [.. all]
            : OfModel(commit, all, cancellation);
        ILookup<bool, HubFile> missing = needed.Where(file => !commit.Snapshot.Contains(file))
            .ToLookup(file => hub.Missing(commit.Address, commit.Id, [file]) > 0);

        // What another commit has brought needs a name in this one and nothing else.
        hub.Download(commit.Address, commit.Id, [.. missing[false]], null, cancellation);
        if (missing[true].ToArray() is { Length: > 0 } absent)
        {
            // The commit stands behind it.
            string source = (commit.Address.IsPinned
                ? commit.Address with { Revision = HubAddress.MainRevision }
                : commit.Address).ToString();
            progress?.Report(
                new DownloadStarted(source, commit.Id, absent.Length, hub.Missing(commit.Address, commit.Id, absent)));
            hub.Download(
                commit.Address,
                commit.Id,
                absent,
                progress is null ? null : new Steps(source, progress),
                cancellation);
        }

        return needed;
    }

    private IReadOnlyList<HubFile> List(Commit commit, bool isLocked, CancellationToken cancellation)
    {
        try
        {
            return hub.List(commit.Address, commit.Id, cancellation);
        }
        catch (DiagnosticException exception) when (isLocked && !commit.Address.IsPinned
            && exception.Diagnostics[0].Descriptor == HubDiagnostics.RevisionNotFound)
        {
            throw HubDiagnostics.RevisionNotFound.Error(
                null, $"{commit.Address}: the hub has no commit {commit.Id} any more, which the lock file has for it; "
                    + $"'dotnet sparsellm update' moves the lock file to what the hub has now", exception);
        }
    }

    /// <summary>The files of a model that are needed. Which weights there are, and how large they are, the index says:
    /// it comes without a word, being small.</summary>
    private HubFile[] OfModel(Commit commit, IReadOnlyList<HubFile> all, CancellationToken cancellation)
    {
        hub.Download(commit.Address, commit.Id, [.. NeededFiles.Index(all)], null, cancellation);
        HubFile[] weights = [.. NeededFiles.Weights(all, commit.Snapshot.Directory)];
        return weights.Length > 0 ? [.. NeededFiles.BesideWeights(all), .. weights]
            : throw (options.IsOffline ? HubFailures.Offline(
                options,
                commit.Address,
                $"the weights of commit {commit.Id}",
                commit.Snapshot.Directory) : NoWeights(commit.Address, all));
    }

    private static DiagnosticException NoWeights(HubAddress address, IReadOnlyList<HubFile> files)
    {
        string? other = files.Select(file => file.Path).FirstOrDefault(path => Path.GetExtension(path)
            is ".gguf" or ".safetensors" or ".bin" or ".pt" or ".pth" or ".h5" or ".msgpack" or ".onnx");
        string instead = other is null ? "" : $", though it has '{other}'";
        return ModelDiagnostics.CheckpointNotFound.Error(
            null, $"{address} has none of {string.Join(", ", Checkpoint.MainFiles)}{instead}; name the repository "
                + $"that holds the model in Hugging Face's format");
    }

    private sealed record Commit(HubAddress Address, string Id, HubSnapshot Snapshot);

    /// <summary>Passes on what the hub's client tells.</summary>
    private sealed class Steps(string source, IProgress<BuildProgress> progress) : IProgress<HubProgress>
    {
        public void Report(HubProgress value)
            => progress.Report(new DownloadStep(source, value.File, value.Done, value.Total));
    }
}
