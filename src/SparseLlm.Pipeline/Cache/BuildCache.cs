using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Pipeline.Cache.Claims;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Local;
using SparseLlm.Pipeline.Cache.Remote;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Cache;

/// <summary>
/// What steps produced before, by key. A cache can be damaged, full, read-only, far away or turned off: then there is a
/// note and a miss, and never a wrong result or a failed build. Safe for several threads and processes.
/// </summary>
internal sealed class BuildCache
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);

    private readonly Folder? folder;
    private readonly RemoteCache? remote;
    private readonly KeyLocks locks;
    private readonly Diagnostic? unreadable;

    private BuildCache(LocalStore? store, RemoteCache? remote, Action<Diagnostic> report, Diagnostic? unreadable = null)
    {
        (this.remote, this.unreadable) = (remote, unreadable);
        folder = store is null
            ? null
            : new Folder(store, new StoreWriter(store, report), new DamagedEntries(store, report));
        locks = new KeyLocks(folder?.Writer);
        Digests = new FileDigests(store?.Digests, folder is null ? null : () => folder.Writer.Prepare());
    }

    /// <summary>The cache's folder; null where caching is turned off.</summary>
    public string? Directory => folder?.Store.Root;

    /// <summary>The address of the remote cache, which holds no secret; null where there is none.</summary>
    public Uri? RemoteAddress => remote?.Address;

    /// <summary>Whether what is stored here is stored in the remote cache too.</summary>
    public bool WritesRemote => remote?.CanWrite == true;

    /// <summary>Whether all that was stored here has come into the remote cache so far.</summary>
    public bool ReachesRemote => remote?.IsWritable == true;

    /// <summary>Digests of files, remembered where there is a cache.</summary>
    public FileDigests Digests { get; }

    /// <summary>Whether what is stored now will be found later.</summary>
    public bool IsOn => folder?.Writer.IsWritable == true;

    /// <summary>Bytes of all its files.</summary>
    public long Size => folder?.Store.Size ?? 0;

    /// <summary>The folder, for those who cannot do without.</summary>
    /// <exception cref="DiagnosticException">Caching is turned off, or the folder cannot be read.</exception>
    internal LocalStore RequireStore() => folder?.Store ?? throw (unreadable is null
        ? PipelineDiagnostics.CacheOff
            .Error(null, $"caching is turned off; name a folder with --cache or in {CacheFolder.Variable}")
        : PipelineDiagnostics.InputOutput.Error(unreadable.Location, $"this needs a cache that can be read; make it "
            + $"readable, or name another folder with --cache or in {CacheFolder.Variable}"));

    /// <summary>Opens a cache. Nothing is written before there is something to store.</summary>
    /// <param name="directory">
    /// Its folder, or <c>off</c>; null for what SPARSELLM_CACHE says, else the platform's folder for caches.
    /// </param>
    /// <param name="report">Told of damage and of trouble, as notes.</param>
    /// <exception cref="DiagnosticException">The folder is somebody else's, or the environment names a remote cache
    /// that makes no sense.</exception>
    public static BuildCache Open(string? directory, Action<Diagnostic> report) =>
        Open(directory, RemoteCacheOptions.Read(Environment.GetEnvironmentVariable), report);

    internal static BuildCache Open(string? directory, RemoteCacheOptions? remote, Action<Diagnostic> report)
    {
        if (CacheFolder.Resolve(directory) is not { } root)
        {
            return new BuildCache(null, null, report);
        }

        try
        {
            LocalStore store = LocalStore.Open(root);
            return new BuildCache(store, remote is null ? null : new RemoteCache(remote, store, report), report);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Diagnostic unreadable = PipelineDiagnostics.CacheUnusable.At(
                new SourceLocation(root),
                $"the cache cannot be read, and this run goes on without: {exception.Message.TrimEnd('.')}; "
                        + $"make it readable, or name another folder in {CacheFolder.Variable}");
            report(unreadable);
            return new BuildCache(null, null, report, unreadable);
        }
    }

    /// <summary>What a step produced before, or null. A damaged entry is dropped, reported and null.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="cancellation">Stops a download.</param>
    public CacheEntry? TryGet(string key, CancellationToken cancellation = default)
        => TryGet(key, entry => entry, cancellation)?.Entry;

    /// <summary>As above, with what the step wants to know again. An entry that does not say it is damaged.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="read">
    /// Reads it from the entry, or throws an <see cref="InvalidDataException"/>; called before anything that the entry
    /// names is fetched from elsewhere.
    /// </param>
    /// <param name="cancellation">Stops a download.</param>
    public CacheHit<T>? TryGet<T>(string key, Func<CacheEntry, T> read, CancellationToken cancellation = default)
    {
        Sha256Text.Require(key);
        if (folder is not var (store, _, damaged))
        {
            return null;
        }

        CacheHit<T>? hit = damaged.Guard(
            key,
            () => store.ReadEntry(key) is { } entry ? new CacheHit<T>(entry, read(entry)) : null)
            ?? Pull(key, read, cancellation);
        if (hit is not null)
        {
            store.Touch(key);
        }

        return hit;
    }

    /// <summary>An entry that is here, if it can be read. Nothing is fetched, noted or dropped.</summary>
    /// <param name="key">The step's key.</param>
    public CacheEntry? Peek(string key)
    {
        Sha256Text.Require(key);
        try
        {
            return folder?.Store.ReadEntry(key);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>What <see cref="TryGet{T}"/> would give, here or on the remote cache. No bytes are fetched, and nothing
    /// is noted or dropped.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="read">Reads what the step wants to know again, or throws an
    /// <see cref="InvalidDataException"/>.</param>
    /// <param name="cancellation">Stops asking a remote cache.</param>
    public CacheHit<T>? Find<T>(string key, Func<CacheEntry, T> read, CancellationToken cancellation = default)
    {
        Sha256Text.Require(key);
        return Read(Peek(key)) ?? Read(remote?.Find(key, cancellation));

        CacheHit<T>? Read(CacheEntry? entry)
        {
            try
            {
                return entry is null ? null : new CacheHit<T>(entry, read(entry));
            }
            catch (InvalidDataException)
            {
                return null;
            }
        }
    }

    /// <summary>Whether there is an entry, here or on the remote cache. Nothing is fetched.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="cancellation">Stops asking.</param>
    public bool Contains(string key, CancellationToken cancellation = default)
    {
        Sha256Text.Require(key);
        return folder is var (store, _, damaged)
            && (damaged.Guard(key, () => store.ReadEntry(key)) is not null
                || remote?.Contains(key, cancellation) is true);
    }

    /// <summary>Copies an entry's files into a directory, each of them whole, and digested on its way: what comes out
    /// has the digests that the entry says.</summary>
    /// <param name="entry">From <see cref="TryGet"/>.</param>
    /// <param name="directory">Where to.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <param name="check">Throws an <see cref="InvalidDataException"/> where the files that are there then are not
    /// what the step would leave.</param>
    /// <returns>False if the entry turned out to be damaged; it is dropped and reported then.</returns>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public bool TryRestore(
        CacheEntry entry,
        string directory,
        CancellationToken cancellation = default,
        Action? check = null) =>
        folder?.Damaged.Guard(entry.Key, () =>
        {
            foreach (CachedFile file in entry.Files)
            {
                folder.Store.Restore(file, directory, cancellation);
            }

            check?.Invoke();
            return entry;
        }) is not null;

    /// <summary>What a file of an entry holds, or null where it is damaged; the entry is dropped and reported
    /// then.</summary>
    /// <param name="entry">From <see cref="TryGet"/>.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="read">Reads it; nothing is damaged that comes here. Where it is not what the step would leave, it
    /// throws an <see cref="InvalidDataException"/>.</param>
    /// <param name="cancellation">Stops while the file is checked.</param>
    public T? TryRead<T>(CacheEntry entry, string name, Func<Stream, T> read, CancellationToken cancellation = default)
        where T : class
    {
        return folder?.Damaged.Guard(entry.Key, () =>
        {
            CachedFile file = entry.Files.FirstOrDefault(file => file.Name == name)
                ?? throw new InvalidDataException($"it has no file '{name}'");
            folder.Store.Verify(file, cancellation);
            return folder.Store.Read(file, read);
        });
    }

    /// <summary>
    /// A folder for temporary files of any size: the cache's own, whose leftovers are cleared away, or the system's
    /// where the cache is off or cannot be written.
    /// </summary>
    public string Scratch() => folder?.Writer.Try(writable =>
    {
        TempFile.Create(writable.Temp).Dispose();
        return writable.Temp;
    }) ?? Path.GetTempPath();

    /// <summary>The folder for what sets of units need beside their results, in a cache that is marked as
    /// one.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    /// <exception cref="DiagnosticException">Caching is turned off, or the folder cannot be read.</exception>
    public string PrepareRuns()
    {
        RequireStore();
        return folder!.Writer.Prepare().Runs;
    }

    /// <summary>Stores what a step produced: its files first, then the entry. A cache that cannot be written is left
    /// alone, with a note.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="kind">What kind of step.</param>
    /// <param name="description">For people.</param>
    /// <param name="files">Names relative to where they will be restored, with <c>/</c> between folders, and where the
    /// files are now.</param>
    /// <param name="metadata">Whatever the step wants to know again; it becomes JSON.</param>
    /// <param name="cancellation">Stops between chunks; nothing is left half-stored.</param>
    /// <param name="origin">What it was made for.</param>
    public void Put(
        string key,
        string kind,
        string description,
        IReadOnlyList<(string Name, string Path)> files,
        object? metadata,
        CancellationToken cancellation = default,
        EntryOrigin? origin = null)
    {
        Sha256Text.Require(key);
        foreach ((string name, _) in files)
        {
            if (!CachedFile.IsRelative(name))
            {
                throw new ArgumentException($"'{name}' is not a relative path.", nameof(files));
            }
        }

        Put(
            key,
            kind,
            description,
            writable => [.. files.Select(file => writable.AddBlob(file.Name, file.Path, cancellation))],
            metadata,
            cancellation,
            origin);
    }

    /// <summary>Stores a file that is written for the cache alone. A cache that cannot be written is left alone, with a
    /// note.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="kind">What kind of step.</param>
    /// <param name="description">For people.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="write">Writes it.</param>
    /// <param name="metadata">Whatever the step wants to know again; it becomes JSON.</param>
    /// <param name="origin">What it was made for.</param>
    /// <returns>Whether it is in the cache now.</returns>
    public bool Put(
        string key,
        string kind,
        string description,
        string name,
        Action<Stream> write,
        object? metadata,
        EntryOrigin? origin = null)
    {
        Sha256Text.Require(key);
        return Put(
            key,
            kind,
            description,
            writable => [writable.AddBlob(name, write)],
            metadata,
            CancellationToken.None,
            origin);
    }

    private bool Put(
        string key,
        string kind,
        string description,
        Func<LocalStore, CachedFile[]> add,
        object? metadata,
        CancellationToken cancellation,
        EntryOrigin? origin)
    {
        if (folder is not var (_, writer, damaged))
        {
            return false;
        }

        CacheEntry? stored = writer.Try(writable =>
        {
            JsonElement? json = metadata is null ? null : RecordJson.ToElement(metadata);
            var entry = new CacheEntry(key, kind, description, add(writable), json) { Origin = origin };
            writable.WriteEntry(entry);
            return entry;
        });
        if (stored is null)
        {
            return false;
        }

        damaged.Replaced(key);
        damaged.Guard(key, () => remote?.Push(stored, cancellation) is true ? stored : null);
        return true;
    }

    /// <summary>Stores an entry on the remote cache too.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="cancellation">Stops an upload.</param>
    /// <returns>False if it is not there, here or then on the remote cache; what went wrong was reported.</returns>
    /// <exception cref="DiagnosticException">There is no remote cache that may be written.</exception>
    public bool TryPush(string key, CancellationToken cancellation)
    {
        Sha256Text.Require(key);
        LocalStore local = RequireStore();
        RemoteCache target = remote is { CanWrite: true }
            ? remote
            : throw PipelineDiagnostics.RemoteCacheConfiguration
                .Error(null, $"there is nothing to push to; {RemoteCacheOptions.HowToWrite}");
        return folder!.Damaged.Guard(
            key,
            () => local.ReadEntry(key) is { } entry && target.Push(entry, cancellation) ? entry : null) is not null;
    }

    /// <summary>Fetches an entry from the remote cache, unless it is here.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="check">Throws an <see cref="InvalidDataException"/> where the entry, here or there, is not the one
    /// that is wanted.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>False if it is nowhere; what went wrong was reported.</returns>
    /// <exception cref="DiagnosticException">There is no remote cache.</exception>
    public bool TryPull(string key, Action<CacheEntry> check, CancellationToken cancellation)
    {
        RequireStore();
        return remote is null
            ? throw PipelineDiagnostics.RemoteCacheConfiguration
                .Error(null, $"there is nothing to pull from; {RemoteCacheOptions.HowToRead}")
            : TryGet(key, Checked, cancellation) is not null;

        CacheEntry Checked(CacheEntry entry)
        {
            check(entry);
            return entry;
        }
    }

    /// <summary>Deletes an entry and its bytes, here and on a remote cache that lets it. No other entry may name these
    /// bytes.</summary>
    /// <param name="key">The entry's key.</param>
    public void Drop(string key)
    {
        if (Peek(key) is not { } entry)
        {
            return;
        }

        LocalStore store = RequireStore();
        LocalStore.Drop(store.EntryPath(key));
        foreach (CachedFile file in entry.Files)
        {
            LocalStore.Drop(store.BlobPath(file.Digest));
        }

        remote?.Drop(entry);
    }

    /// <summary>Looks at an entry anew that was found damaged, since another process may have stored it again.</summary>
    /// <param name="key">The entry's key.</param>
    public void Reconsider(string key) => folder?.Damaged.Replaced(key);

    /// <summary>This cache without its remote one, for what is of use on this folder only.</summary>
    public BuildCache WithoutRemote(Action<Diagnostic> report)
        => folder is null ? this : new BuildCache(folder.Store, null, report);

    /// <summary>Keeps others from doing the same work at the same time, in this process or another on this
    /// machine.</summary>
    /// <param name="key">The step's key.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <param name="waiting">Told once, if another is at it.</param>
    /// <returns>Releases the lock; so does the end of the process, however it ends.</returns>
    public IDisposable Lock(string key, CancellationToken cancellation, Action? waiting = null)
        => locks.Acquire(key, cancellation, waiting);

    /// <summary>Claims a unit of work, without waiting: from others on this machine, and where there is a remote cache
    /// that may be written, from all who write it.</summary>
    /// <param name="key">The unit's key.</param>
    /// <param name="cancellation">Stops asking a remote cache.</param>
    public ClaimAttempt TryClaim(string key, CancellationToken cancellation)
    {
        if (locks.TryAcquire(key) is not { } hold)
        {
            return ClaimAttempt.Alive;
        }

        ClaimAttempt? attempt = null;
        try
        {
            attempt = remote?.TryClaim(key, cancellation) ?? ClaimAttempt.Unclaimed;
            return attempt.Hold is null ? attempt : ClaimAttempt.Ours(new Holds(attempt.Hold, hold));
        }
        finally
        {
            if (attempt?.Hold is null)
            {
                hold.Dispose();
            }
        }
    }

    /// <summary>Claims work, and waits while another has it who may be alive.</summary>
    /// <param name="key">The work's key.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <param name="waiting">Told once, if another is at it.</param>
    /// <returns>Releases the claim.</returns>
    public IDisposable Claim(string key, CancellationToken cancellation, Action waiting)
    {
        ClaimAttempt attempt = TryClaim(key, cancellation);
        if (attempt.Hold is null)
        {
            waiting();
        }

        while (attempt.Hold is null)
        {
            cancellation.WaitHandle.WaitOne(ClaimPause > ShortestPause ? ClaimPause : ShortestPause);
            cancellation.ThrowIfCancellationRequested();
            attempt = TryClaim(key, cancellation);
        }

        return attempt.Hold;
    }

    /// <summary>After how long to look again at a unit that another has claimed who may be dead.</summary>
    public TimeSpan ClaimPause => remote?.ClaimPause ?? TimeSpan.Zero;

    /// <summary>Keeps what a <c>pruning.lock.json</c> names from being cleared away, for as long as that file
    /// exists.</summary>
    public void Pin(string lockFilePath) => folder?.Writer.Try(writable =>
    {
        CachePins.Add(writable, lockFilePath);
        return writable;
    });

    /// <summary>Looks for an entry on the remote cache, unless what is found could not be kept here.</summary>
    private CacheHit<T>? Pull<T>(string key, Func<CacheEntry, T> read, CancellationToken cancellation)
    {
        CacheHit<T>? hit = remote is null ? null : folder?.Writer.Try(_ => remote.Pull(key, read, cancellation));
        if (hit is not null)
        {
            folder!.Damaged.Replaced(key);
        }

        return hit;
    }

    /// <summary>The cache's folder, and what makes damage and trouble in it a note and a miss.</summary>
    private sealed record Folder(LocalStore Store, StoreWriter Writer, DamagedEntries Damaged);
}
