using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Cache;

/// <summary>What came out of reading a whole cache.</summary>
/// <param name="Entries">Number of entries that were looked at.</param>
/// <param name="Blobs">Number of files that were read.</param>
/// <param name="Bytes">Bytes in them.</param>
/// <param name="Problems">What was damaged; it has been dropped.</param>
public sealed record CacheVerification(int Entries, int Blobs, long Bytes, IReadOnlyList<CacheProblem> Problems)
{
    /// <summary>Reads everything, compares it with its digests, and drops what is damaged.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <exception cref="Diagnostics.DiagnosticException">Caching is turned off.</exception>
    public static CacheVerification Run(BuildCache cache, CancellationToken cancellation)
    {
        LocalStore store = cache.RequireStore();
        var problems = new List<CacheProblem>();
        (int blobs, long bytes) = (0, 0);
        foreach (FileInfo blob in LocalStore.Files(store.Blobs))
        {
            (blobs, bytes) = (blobs + 1, bytes + blob.Length);
            Examine(blob.FullName, () => Check(blob, cancellation));
        }

        // After the blobs: an entry whose bytes have just been dropped is damaged too.
        string[] keys = [.. store.Keys()];
        foreach (string key in keys)
        {
            cancellation.ThrowIfCancellationRequested();
            Examine(store.EntryPath(key), () => store.ReadEntry(key));
        }

        return new CacheVerification(keys.Length, blobs, bytes, problems);

        void Examine(string path, Action read)
        {
            try
            {
                read();
            }
            catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                LocalStore.Drop(path);
                problems.Add(new CacheProblem(path, exception.Message));
            }
        }
    }

    private static void Check(FileInfo blob, CancellationToken cancellation)
    {
        using SafeFileHandle file = File.OpenHandle(blob.FullName, share: FileShare.Read | FileShare.Delete);
        using var sums = new ContentSums();
        FilePass.Run(file, cancellation, sums.AddToDigest);
        if (sums.Digest != blob.Name)
        {
            throw new InvalidDataException("the bytes do not match their digest");
        }
    }
}

/// <summary>A damaged file of a cache.</summary>
/// <param name="Path">Where it was.</param>
/// <param name="Reason">What was wrong.</param>
public sealed record CacheProblem(string Path, string Reason);
