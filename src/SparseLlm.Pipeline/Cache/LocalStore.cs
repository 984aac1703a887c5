using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Cache;

/// <summary>
/// The cache's folder: <c>ac/KEY</c> says what a step produced, <c>cas/DIGEST</c> holds bytes. Files appear whole, and blobs before
/// the entry that names them. Failures to read or write are the caller's business; damage is an <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class LocalStore(string root)
{
    private const string TagName = "CACHEDIR.TAG";

    // The first line is fixed by https://bford.info/cachedir/: backup programs look for it.
    private const string Tag =
        "Signature: 8a477f597d28d172789f06886806bc55\n# This folder can be deleted at any time: everything in it can be computed again.\n";

    /// <summary>The folder.</summary>
    public string Root { get; } = root;

    /// <summary>Entries by key.</summary>
    public string Entries { get; } = Path.Combine(root, "ac");

    /// <summary>Bytes by digest.</summary>
    public string Blobs { get; } = Path.Combine(root, "cas");

    /// <summary>Files that processes lock.</summary>
    public string Locks { get; } = Path.Combine(root, "locks");

    /// <summary>Files that are being written.</summary>
    public string Temp { get; } = Path.Combine(root, "tmp");

    /// <summary>Lock files of recipes, whose artifacts are kept.</summary>
    public string Pins { get; } = Path.Combine(root, "pins");

    /// <summary>Digests of files elsewhere.</summary>
    public string Digests { get; } = Path.Combine(root, "digests");

    /// <summary>Where an entry is.</summary>
    public string EntryPath(string key) => Path.Combine(Entries, key);

    /// <summary>Where bytes are.</summary>
    public string BlobPath(string digest) => Path.Combine(Blobs, digest);

    /// <summary>The keys of all entries.</summary>
    public IEnumerable<string> Keys() => Files(Entries).Select(file => file.Name).Where(Sha256Text.IsValid);

    /// <summary>When an entry was last stored or found.</summary>
    public DateTime LastUse(string key) => File.GetLastWriteTimeUtc(EntryPath(key));

    /// <summary>The files of one of the folders, which need not exist.</summary>
    public static IEnumerable<FileInfo> Files(string folder) =>
        Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles() : [];

    /// <summary>Makes the folders.</summary>
    public void Prepare()
    {
        foreach (string directory in (string[])[Entries, Blobs, Locks, Temp, Pins])
        {
            Directory.CreateDirectory(directory);
        }

        string tag = Path.Combine(Root, TagName);
        if (!File.Exists(tag))
        {
            File.WriteAllText(tag, Tag);
        }
    }

    /// <summary>An entry whose files are all there in their lengths, or null.</summary>
    /// <exception cref="InvalidDataException">There is an entry, but a damaged one.</exception>
    public CacheEntry? ReadEntry(string key)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(EntryPath(key));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"it cannot be read ({exception.Message})", exception);
        }

        CacheEntry entry = CacheEntryFile.Read(key, bytes);
        foreach (CachedFile file in entry.Files)
        {
            var blob = new FileInfo(BlobPath(file.Digest));
            if (!blob.Exists)
            {
                throw new InvalidDataException($"the bytes of {file.Name} are missing");
            }

            if (blob.Length != file.Length)
            {
                throw new InvalidDataException($"{file.Name} has {blob.Length} bytes instead of {file.Length}");
            }
        }

        return entry;
    }

    /// <summary>Writes an entry; its blobs must be there.</summary>
    public void WriteEntry(CacheEntry entry) => TempFile.Write(Temp, EntryPath(entry.Key), CacheEntryFile.Write(entry));

    /// <summary>Notes that an entry was of use. A cache that may only be read keeps no such notes.</summary>
    public void Touch(string key)
    {
        try
        {
            File.SetLastWriteTimeUtc(EntryPath(key), DateTime.UtcNow);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Only the order of clearing up suffers.
        }
    }

    /// <summary>Whether bytes are there, in their length.</summary>
    public bool HasBlob(CachedFile file)
    {
        var blob = new FileInfo(BlobPath(file.Digest));
        return blob.Exists && blob.Length == file.Length;
    }

    /// <summary>Takes in the bytes of a file.</summary>
    public CachedFile AddBlob(string name, string path, CancellationToken cancellation)
    {
        using SafeFileHandle source = File.OpenHandle(path);
        using TempFile file = TempFile.Create(Temp);
        using var sums = new ContentSums();
        long length = ObservedCopy.Run(source, file.Handle, cancellation, sums.AddToDigest, sums.AddToChecksum);
        var blob = new CachedFile(name, sums.Digest, length, sums.Checksum);
        Keep(file, blob);
        return blob;
    }

    /// <summary>Puts a written file in its place among the blobs.</summary>
    public void Keep(TempFile file, CachedFile description)
    {
        string path = BlobPath(description.Digest);
        if (HasBlob(description))
        {
            // So that a collection that runs now does not take it for garbage before an entry names it.
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            return;
        }

        file.Flush();
        file.MoveTo(path);
    }

    /// <summary>Copies bytes out, and makes sure that the copy has the digest that is asked for: somebody may hold it against one of his own.</summary>
    /// <exception cref="InvalidDataException">They are not. Nothing stands at the target then.</exception>
    public void Restore(CachedFile file, string directory, CancellationToken cancellation)
    {
        string target = Path.Combine(directory, file.Name);
        string folder = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(folder);
        using SafeFileHandle source = OpenBlob(file);
        using TempFile copy = TempFile.Create(folder);
        using var sums = new ContentSums();
        ObservedCopy.Run(source, copy.Handle, cancellation, sums.AddToDigest);
        Check(file, sums.Digest == file.Digest);
        copy.MoveTo(target);
    }

    /// <summary>Makes sure that bytes are those that were stored.</summary>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public void Verify(CachedFile file, CancellationToken cancellation)
    {
        using SafeFileHandle source = OpenBlob(file);
        using var sums = new ContentSums();
        FilePass.Run(source, cancellation, sums.AddToChecksum);
        Check(file, sums.Checksum == file.Checksum);
    }

    /// <summary>Opens bytes for reading.</summary>
    /// <exception cref="InvalidDataException">They are missing.</exception>
    public Stream OpenStream(CachedFile file) => new FileStream(OpenBlob(file), FileAccess.Read);

    private SafeFileHandle OpenBlob(CachedFile file)
    {
        try
        {
            return File.OpenHandle(BlobPath(file.Digest), share: FileShare.Read | FileShare.Delete);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"the bytes of {file.Name} are missing", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"the bytes of {file.Name} cannot be read ({exception.Message})", exception);
        }
    }

    /// <summary>A blob that is not what its name says goes away; other entries that name it will find it missing.</summary>
    private void Check(CachedFile file, bool isAsStored)
    {
        if (!isAsStored)
        {
            Drop(BlobPath(file.Digest));
            throw new InvalidDataException($"the bytes of {file.Name} are not those that were stored");
        }
    }

    /// <summary>Deletes a file, if it is there and can be deleted.</summary>
    public static bool Drop(string path)
    {
        try
        {
            bool isThere = File.Exists(path);
            File.Delete(path);
            return isThere;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
