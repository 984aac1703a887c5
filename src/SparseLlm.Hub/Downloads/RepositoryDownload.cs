using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Hub.Api;
using SparseLlm.Hub.Cache;
using SparseLlm.Hub.Http;

namespace SparseLlm.Hub.Downloads;

/// <summary>Brings files of a commit into the cache, one after the other.</summary>
internal sealed class RepositoryDownload(
    HubOptions options,
    HubHttp http,
    HubFailures failures,
    Notices notices,
    HubAddress address,
    string commit)
{
    private readonly HubRepositoryFolder folder = new(options.CacheDirectory, address);

    private HubSnapshot Snapshot => new(folder, commit);

    /// <summary>Bytes that a download would bring.</summary>
    public long Missing(IEnumerable<HubFile> files)
        => Sum(files.Where(file => !Snapshot.Contains(file) && !HasBlob(file))
            .DistinctBy(file => file.Id).Select(file => file.Size - Received(file)));

    /// <summary>Brings those that are not there.</summary>
    public void Run(IReadOnlyList<HubFile> files, IProgress<HubProgress>? progress, CancellationToken cancellation)
    {
        HubFile[] missing = [.. files.Where(file => !Snapshot.Contains(file))];
        if (missing.Length == 0)
        {
            return;
        }

        if (options.IsOffline)
        {
            string others = missing.Length > 1
                ? FormattableString.Invariant($", with {missing.Length - 1} more,")
                : "";
            throw HubFailures.Offline(
                options, address, $"'{missing[0].Path}'{others} of commit {commit}", folder.Root);
        }

        try
        {
            folder.Create();
            RequireSpace(missing);
            var meter = new ProgressMeter(
                progress,
                Sum(files.Select(file => file.Size)),
                Sum(files.Except(missing).Select(file => file.Size)));
            foreach (HubFile file in missing)
            {
                Bring(file, meter, cancellation);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw FullDisk.IsCauseOf(exception)
                ? NoSpace("the disk is full", exception)
                : HubDiagnostics.CacheUnusable.Error(
                new SourceLocation(folder.Root),
                $"{address}: the hub's cache cannot be written: {exception.Message}; HF_HUB_CACHE "
                        + $"names another place", exception);
        }
    }

    private void Bring(HubFile file, ProgressMeter meter, CancellationToken cancellation)
    {
        using IDisposable own = folder.Lock(file.Id, () => notices.Waiting(address, file.Path), cancellation);
        meter.Begin(file.Path);
        bool isNew = !HasBlob(file);
        if (isNew && !Snapshot.Contains(file))
        {
            Fetch(file, meter, cancellation);
        }

        meter.Done(file);
        if (!Snapshot.Contains(file))
        {
            SnapshotLink.Create(Snapshot.PathOf(file.Path), folder.Blob(file.Id), options.UsesLinks, isNew);
        }
    }

    /// <summary>Brings a content. One that is not what it is listed by is brought once more, and then
    /// refused.</summary>
    private void Fetch(HubFile file, ProgressMeter meter, CancellationToken cancellation)
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            using PartialFile partial = PartialFile.Open(folder.Incomplete(file.Id), file.Size, options.PieceLength);
            meter.Set(partial.Received);
            if (Flaw(file, partial, meter, cancellation) is not { } flaw)
            {
                partial.MoveTo(folder.Blob(file.Id));
                return;
            }

            partial.Delete();
            if (!isFirst)
            {
                throw HubDiagnostics.Damaged.Error(
                    null, $"{address}: '{file.Path}' is not what the hub lists, fetched twice: {flaw}; something "
                        + $"between here and {options.Endpoint} changes what passes. Nothing of it was kept");
            }

            notices.DamagedOnce(address, file.Path, flaw);
        }
    }

    /// <summary>Brings what is missing of a content, and says what is wrong with it; null if nothing is.</summary>
    private string? Flaw(HubFile file, PartialFile partial, ProgressMeter meter, CancellationToken cancellation)
    {
        try
        {
            var download = new FileDownload(
                http,
                file,
                new Uri(options.Endpoint, $"{address.PagePath}/resolve/{commit}/{HubApi.Escaped(file.Path)}"),
                partial,
                meter.Add);
            download.RunAsync(cancellation).GetAwaiter().GetResult();
            return ContentId.Matches(file, partial.Content, cancellation)
                ? null
                : $"its {(file.IsLarge ? "SHA-256" : "SHA-1")} is another than {file.Id}";
        }
        catch (InvalidDataException exception)
        {
            return exception.Message;
        }
        catch (HttpRequestException exception)
        {
            throw failures.Of(address, file.Path, exception);
        }
        catch (LocalFailureException exception)
        {
            exception.Unwrap();
            throw;
        }
    }

    private void RequireSpace(IEnumerable<HubFile> missing)
    {
        long needed = Missing(missing);
        long free = options.FreeSpace(folder.Blobs);
        if (free < needed)
        {
            throw NoSpace(
                FormattableString.Invariant($"{needed >> 20} MiB are to be downloaded and {free >> 20} MiB are free"),
                null);
        }
    }

    private DiagnosticException NoSpace(string reason, Exception? inner) => HubDiagnostics.NoSpace.Error(
        new SourceLocation(
            folder.Root), $"{address}: {reason}; free some space, or name another place by HF_HUB_CACHE. What has come "
                + $"is kept", inner);

    private bool HasBlob(HubFile file)
        => new FileInfo(folder.Blob(file.Id)) is { Exists: true, LinkTarget: null } blob && blob.Length == file.Size;

    private long Received(HubFile file) => PartialFile.ReceivedOf(folder.Incomplete(file.Id), file.Size);

    /// <summary>A server may say anything.</summary>
    private static long Sum(IEnumerable<long> sizes)
        => (long)UInt128.Min(sizes.Aggregate(UInt128.Zero, (sum, size) => sum + (ulong)size), long.MaxValue);
}
