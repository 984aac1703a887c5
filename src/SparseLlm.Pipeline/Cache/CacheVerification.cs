using Microsoft.Win32.SafeHandles;
using SparseLlm.Files;
using SparseLlm.Pipeline.Cache.Local;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Cache;

/// <summary>What came out of reading a whole cache.</summary>
/// <param name="Entries">Number of entries that were looked at.</param>
/// <param name="Blobs">Number of files that were read.</param>
/// <param name="Bytes">Bytes in them.</param>
/// <param name="Problems">What was damaged; it has been dropped, where that was possible.</param>
internal sealed record CacheVerification(int Entries, int Blobs, long Bytes, IReadOnlyList<CacheProblem> Problems)
{
    /// <summary>Reads everything, compares it with its digests, and drops what is damaged.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <exception cref="Diagnostics.DiagnosticException">Caching is turned off.</exception>
    public static CacheVerification Run(BuildCache cache, CancellationToken cancellation)
    {
        LocalStore store = cache.RequireStore();
        var problems = new List<CacheProblem>();
        StoredFile[] blobs = [.. LocalStore.Files(store.Blobs)];
        foreach (StoredFile blob in blobs)
        {
            Examine(blob.Path, () => Check(blob, cancellation));
        }

        // After the blobs: an entry whose bytes have just been dropped is damaged too.
        string[] keys = [.. store.Keys()];
        foreach (string key in keys)
        {
            cancellation.ThrowIfCancellationRequested();
            Examine(store.EntryPath(key), () => store.ReadEntry(key));
        }

        return new CacheVerification(keys.Length, blobs.Length, StoredFile.Size(blobs), problems);

        void Examine(string path, Action read)
        {
            try
            {
                read();
            }
            catch (Exception exception)
                when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                problems.Add(new CacheProblem(path, exception.Message.TrimEnd('.'), LocalStore.Drop(path)));
            }
        }
    }

    private static void Check(StoredFile blob, CancellationToken cancellation)
    {
        using SafeFileHandle file = RegularFile.Open(blob.Path, FileShare.Read | FileShare.Delete, followLink: false);
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
/// <param name="IsDropped">Whether it is gone.</param>
internal sealed record CacheProblem(string Path, string Reason, bool IsDropped);
