using SparseLlm.Diagnostics;

namespace SparseLlm.Hub;

/// <summary>The hub and its cache.</summary>
public sealed class HubClient : IDisposable
{
    private readonly HubOptions options;

    /// <summary>Connects to nobody yet.</summary>
    /// <param name="options">Which hub, as whom, and where the cache is.</param>
    /// <param name="notice">Told what goes on that the user may want to know, such as that a repository has another name now.</param>
    public HubClient(HubOptions options, Action<Diagnostic>? notice = null) => this.options = options;

    /// <summary>The commit that an address means now: one that is written is not asked for, and offline it is that of the last time somebody asked.</summary>
    public string Resolve(HubAddress address, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The files of a commit.</summary>
    public IReadOnlyList<HubFile> List(HubAddress address, string commit, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>What the cache has of a commit; nobody is asked.</summary>
    public HubSnapshot Snapshot(HubAddress address, string commit) => new(new HubRepositoryFolder(options.CacheDirectory, address), commit);

    /// <summary>Brings files of a commit into the cache, those that are not there.</summary>
    public void Download(HubAddress address, string commit, IReadOnlyList<HubFile> files, IProgress<HubProgress>? progress, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
