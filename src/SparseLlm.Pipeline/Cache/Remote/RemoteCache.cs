using System.Net;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Pipeline.Cache.Claims;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Local;
using SparseLlm.Pipeline.Cache.Remote.Claims;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Cache.Remote;

/// <summary>
/// A cache on an HTTP server, in the layout of Bazel's: <c>ac/KEY</c> and <c>cas/DIGEST</c>. Nothing that comes from
/// there is believed before its digest has been computed; whatever goes wrong is a note and a miss.
/// </summary>
internal sealed class RemoteCache(RemoteCacheOptions options, LocalStore store, Action<Diagnostic> report)
{
    private readonly HttpStore http = new(options);
    private readonly RemoteClaims claims = new(options, report);
    private readonly Lock gate = new();
    private bool isReadable = true;
    private bool isWritable = options.CanWrite;

    /// <summary>Where it is.</summary>
    public Uri Address => options.Address;

    /// <summary>Whether it is meant to be written.</summary>
    public bool CanWrite => options.CanWrite;

    /// <summary>Whether it is, and has not failed so far.</summary>
    public bool IsWritable => isWritable;

    /// <summary>Whether an entry is there.</summary>
    public bool Contains(string key, CancellationToken cancellation)
    {
        try
        {
            return isReadable && http.Exists($"ac/{key}", cancellation);
        }
        catch (HttpRequestException exception)
        {
            TurnOff(isWriting: false, exception);
            return false;
        }
    }

    /// <summary>An entry that is there, without its bytes; null if there is none that can be read.</summary>
    public CacheEntry? Find(string key, CancellationToken cancellation)
    {
        try
        {
            return isReadable ? FetchEntry(key, cancellation) : null;
        }
        catch (HttpRequestException exception)
        {
            TurnOff(isWriting: false, exception);
        }
        catch (InvalidDataException)
        {
            // Who takes it is told.
        }

        return null;
    }

    /// <summary>Fetches an entry and its bytes into the local store; null if it is not there, or not as it should
    /// be.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="read">Reads what the step wants to know from the entry, before its bytes are fetched.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <exception cref="IOException">The local store cannot be written.</exception>
    public CacheHit<T>? Pull<T>(string key, Func<CacheEntry, T> read, CancellationToken cancellation)
    {
        if (!isReadable)
        {
            return null;
        }

        try
        {
            if (FetchEntry(key, cancellation) is not { } entry)
            {
                return null;
            }

            var hit = new CacheHit<T>(entry, read(entry));
            RequireSpace(entry);
            if (!entry.Files.All(file => FetchBlob(file, cancellation)))
            {
                return null;
            }

            store.WriteEntry(entry);
            return hit;
        }
        catch (HttpRequestException exception)
        {
            TurnOff(isWriting: false, exception);
        }
        catch (InvalidDataException exception)
        {
            report(PipelineDiagnostics.RemoteCacheDamaged.At(
                null, $"an entry of the remote cache {options.Address} cannot be used: {exception.Message}; what it "
                    + $"should hold is computed instead ({key})"));
        }

        return null;
    }

    /// <summary>Stores an entry of the local store there: first the bytes that are not there yet, then the
    /// entry.</summary>
    /// <returns>Whether it is there now.</returns>
    /// <exception cref="InvalidDataException">The local bytes are damaged.</exception>
    public bool Push(CacheEntry entry, CancellationToken cancellation)
    {
        if (!isWritable)
        {
            return false;
        }

        try
        {
            foreach (CachedFile file in entry.Files.DistinctBy(file => file.Digest))
            {
                string path = $"cas/{file.Digest}";
                if (!http.Exists(path, cancellation))
                {
                    store.VerifyDigest(file, cancellation);
                    http.Upload(path, () => store.OpenStream(file), file.Length, cancellation);
                }
            }

            byte[] bytes = CacheEntryFile.Write(entry);
            http.Upload($"ac/{entry.Key}", () => new MemoryStream(bytes), bytes.Length, cancellation);
            return true;
        }
        catch (HttpRequestException exception)
        {
            TurnOff(isWriting: true, exception);
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"its bytes cannot be read ({exception.Message})", exception);
        }
    }

    /// <summary>Deletes an entry and its bytes there. A server that does not let us keeps them.</summary>
    public void Drop(CacheEntry entry)
    {
        if (!isWritable)
        {
            return;
        }

        try
        {
            http.Delete($"ac/{entry.Key}");
            foreach (CachedFile file in entry.Files)
            {
                http.Delete($"cas/{file.Digest}");
            }
        }
        catch (HttpRequestException)
        {
            // They only take space, which is the server's to clear.
        }
    }

    /// <summary>Claims a key, unless another has claimed it. Where nothing can be written, there are no claims, and
    /// everything is free.</summary>
    /// <param name="key">What is claimed.</param>
    /// <param name="cancellation">Stops asking.</param>
    public ClaimAttempt TryClaim(string key, CancellationToken cancellation)
        => isWritable ? claims.TryTake(key, cancellation) : ClaimAttempt.Unclaimed;

    /// <summary>After how long to look again at a claim of another.</summary>
    public TimeSpan ClaimPause => claims.Pause;

    private CacheEntry? FetchEntry(string key, CancellationToken cancellation) =>
        http.Read($"ac/{key}", SealedJson.MaximumLength, cancellation) is { } file
            ? CacheEntryFile.Read(key, file.Content)
            : null;

    /// <summary>A length is what a server says it is: it is not waited for until the disk is full.</summary>
    private void RequireSpace(CacheEntry entry)
    {
        long needed = entry.Files.DistinctBy(file => file.Digest).Where(file => !store.HasBlob(file))
            .Sum(file => file.Length);
        long free = new DriveInfo(store.Root).AvailableFreeSpace;
        if (needed > free)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"its files have {needed} bytes that are not here yet, and {free} bytes are free in '{store.Root}'"));
        }
    }

    private bool FetchBlob(CachedFile file, CancellationToken cancellation)
    {
        if (store.HasBlob(file))
        {
            return true;
        }

        using TempFile temp = TempFile.Create(store.Temp);
        var sums = new ContentSums();
        long length = 0;
        try
        {
            if (!http.Download($"cas/{file.Digest}", file.Length, Begin, Consume, cancellation))
            {
                return false;
            }

            if ((length, sums.Digest, sums.Checksum) != (file.Length, file.Digest, file.Checksum))
            {
                throw new InvalidDataException($"the bytes of {file.Name} do not match their digest");
            }
        }
        finally
        {
            sums.Dispose();
        }

        store.Keep(temp, file);
        return true;

        void Begin()
        {
            sums.Dispose();
            sums = new ContentSums();
            length = 0;
            RandomAccess.SetLength(temp.Handle, 0);
        }

        void Consume(ReadOnlyMemory<byte> chunk)
        {
            RandomAccess.Write(temp.Handle, chunk.Span, length);
            sums.AddToDigest(chunk);
            sums.AddToChecksum(chunk);
            length += chunk.Length;
        }
    }

    /// <summary>
    /// A server that has failed once, after all retries, is not waited for again by this process. One that only refuses
    /// to be written can still be read.
    /// </summary>
    private void TurnOff(bool isWriting, HttpRequestException exception)
    {
        lock (gate)
        {
            bool isFirst = isWriting ? isWritable : isReadable;
            isWritable = false;
            isReadable &= isWriting && exception.StatusCode is < HttpStatusCode.InternalServerError;
            if (isFirst)
            {
                string remedy = exception.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                    ? $"; credentials are taken from {RemoteCacheOptions.CredentialVariables}"
                    : "";
                report(PipelineDiagnostics.RemoteCacheUnavailable.At(
                    null,
                    $"the remote cache {options.Address} cannot be {(isWriting ? "written" : "read")}, and this run "
                    + $"goes on without: "
                    + $"{exception.Message.TrimEnd('.')}{remedy}"));
            }
        }
    }
}
