using SparseLlm.Diagnostics;
using SparseLlm.Hub.Api;
using SparseLlm.Hub.Cache;
using SparseLlm.Hub.Downloads;
using SparseLlm.Hub.Http;
using SparseLlm.Hub.Listing;

namespace SparseLlm.Hub;

/// <summary>The hub and its cache. What fails is a <see cref="DiagnosticException"/> with one of
/// <see cref="HubDiagnostics"/>; what has come is kept.</summary>
public sealed class HubClient : IDisposable
{
    private readonly HubOptions options;
    private readonly HubHttp http;
    private readonly HubApi api;
    private readonly HubFailures failures;
    private readonly Notices notices;

    /// <summary>Connects to nobody yet.</summary>
    /// <param name="options">Which hub, as whom, and where the cache is.</param>
    /// <param name="notice">Told what goes on that the user may want to know, such as that a repository has another
    /// name now.</param>
    public HubClient(HubOptions options, Action<Diagnostic>? notice = null)
    {
        this.options = options;
        notices = new Notices(notice ?? (_ => { }));
        http = new HubHttp(options, notices.HubAsksToWait, notices.Stalled);
        failures = new HubFailures(options);
        api = new HubApi(options, http, failures, notices);
    }

    /// <summary>The commit that an address means now: one that is written is not asked for, and offline it is that of
    /// the last time somebody asked.</summary>
    /// <returns>40 hexadecimal digits.</returns>
    /// <exception cref="DiagnosticException">There is none, or the hub does not say.</exception>
    public string Resolve(HubAddress address, CancellationToken cancellation)
    {
        HubRepositoryFolder folder = Folder(address);
        if (address.IsPinned)
        {
            return address.Revision;
        }

        if (options.IsOffline)
        {
            return folder.ReadRef(address.Revision) ?? throw HubFailures.Offline(
                options,
                address,
                $"the commit that '{address.Revision}' stands for",
                folder.Root);
        }

        string commit = Latest(address, cancellation);
        folder.TryWriteRef(address.Revision, commit);
        return commit;
    }

    /// <summary>The commit that the hub has for an address, for who wants to know and takes nothing of it: the cache
    /// goes on with the one that it has.</summary>
    /// <returns>40 hexadecimal digits.</returns>
    /// <exception cref="DiagnosticException">There is none, or the hub does not say.</exception>
    public string Latest(HubAddress address, CancellationToken cancellation) =>
        options.IsOffline ? throw HubFailures.Offline(
            options,
            address,
            $"the commit that '{address.Revision}' stands for now",
            Folder(address).Root) : api.Commit(address, cancellation);

    /// <summary>
    /// The files of a commit: all of a model, and of a data set those that the address names. What the cache knows of a
    /// commit is not asked for again. Offline, where the cache has files of a commit and no list of them, they are the
    /// list.
    /// </summary>
    /// <exception cref="DiagnosticException">There are none, or the hub does not say.</exception>
    public IReadOnlyList<HubFile> List(HubAddress address, string commit, CancellationToken cancellation)
    {
        HubRepositoryFolder folder = Folder(address);
        HubSnapshot snapshot = Snapshot(address, commit);
        if (TreeFile.TryRead(folder.Tree(commit)) is { } known)
        {
            return FileSelection.Of(address, known);
        }

        // Of a single file that is here, there is nothing to ask.
        if (address is { Path: { } file, IsPattern: false } && snapshot.Describe(file) is { } one)
        {
            return [one];
        }

        if (options.IsOffline)
        {
            return snapshot.Describe() is { Count: > 0 } here
                && FileSelection.TryOf(address, here) is { Count: > 0 } files
                ? files
                : throw HubFailures.Offline(
                    options,
                    address,
                    address.Path is { } path ? $"'{path}' of commit {commit}" : $"commit {commit}",
                    folder.Root);
        }

        IReadOnlyList<HubFile> listed = api.Files(address, commit, cancellation);
        if (address.Path is null)
        {
            TreeFile.TryWrite(folder.Root, folder.Tree(commit), listed);
        }

        return listed;
    }

    /// <summary>Whether the cache knows which files a commit has.</summary>
    public bool IsListed(HubAddress address, string commit) => File.Exists(Folder(address).Tree(commit));

    /// <summary>What the cache has of a commit; nobody is asked.</summary>
    public HubSnapshot Snapshot(HubAddress address, string commit) => new(Folder(address), commit);

    /// <summary>How many bytes a download of files would bring: those of files that are not there, less what has come
    /// of them already.</summary>
    public long Missing(HubAddress address, string commit, IReadOnlyList<HubFile> files)
        => new RepositoryDownload(options, http, failures, notices, address, commit).Missing(files);

    /// <summary>Brings files of a commit into the cache, those that are not there.</summary>
    /// <param name="address">The repository.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="files">As <see cref="List"/> gives them.</param>
    /// <param name="progress">Told how far it is, by several threads but by one at a time.</param>
    /// <param name="cancellation">Stops at once; what has come is kept.</param>
    /// <exception cref="DiagnosticException">A file cannot be brought.</exception>
    public void Download(
        HubAddress address,
        string commit,
        IReadOnlyList<HubFile> files,
        IProgress<HubProgress>? progress,
        CancellationToken cancellation) =>
        new RepositoryDownload(options, http, failures, notices, address, commit).Run(files, progress, cancellation);

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private HubRepositoryFolder Folder(HubAddress address) => new(options.CacheDirectory, address);
}
