using Microsoft.Win32.SafeHandles;
using SparseLlm.Files;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Cache.Local;

/// <summary>
/// The cache's folder: <c>ac/KEY</c> says what a step produced, <c>cas/DIGEST</c> holds bytes. Files appear whole, and
/// blobs before the entry that names them. Failures to read or write are the caller's business; damage is an
/// <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class LocalStore(string root)
{
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

    /// <summary>What sets of units need beside their results, a folder for each.</summary>
    public string Runs { get; } = Path.Combine(root, "runs");

    /// <summary>All of these.</summary>
    public IReadOnlyList<string> Folders => [Entries, Blobs, Locks, Temp, Pins, Digests, Runs];

    /// <summary>Opens a store, whether it is there yet or not, and clears away what killed processes have
    /// left.</summary>
    /// <param name="root">Its folder.</param>
    /// <exception cref="Diagnostics.DiagnosticException">It is the folder of somebody else.</exception>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be looked at.</exception>
    public static LocalStore Open(string root)
    {
        var store = new LocalStore(root);

        // Also in a folder that is not marked yet: whoever began to may have been killed.
        CacheOwnership.Check(store);
        foreach (StoredFile file in store.TempFiles())
        {
            // What a process is writing cannot be deleted; the others are gone.
            FileLock.TryDelete(file.Path);
        }

        return store;
    }

    /// <summary>Where an entry is.</summary>
    public string EntryPath(string key) => Path.Combine(Entries, key);

    /// <summary>Where bytes are.</summary>
    public string BlobPath(string digest) => Path.Combine(Blobs, digest);

    /// <summary>The keys of all entries.</summary>
    public IEnumerable<string> Keys() => Files(Entries).Select(file => file.Name);

    /// <summary>When an entry was last stored or found.</summary>
    public DateTime LastUse(string key) => File.GetLastWriteTimeUtc(EntryPath(key));

    /// <summary>The files of one of the folders that have a key or a digest for a name.</summary>
    public static IEnumerable<StoredFile> Files(string folder) => StoredFile.In(folder, Sha256Text.IsValid);

    /// <summary>What processes have left that were killed while they wrote, and what others are writing.</summary>
    public IEnumerable<StoredFile> TempFiles()
        => ((string[])[Root, Temp, Digests]).SelectMany(folder => StoredFile.In(folder, TempFile.IsName));

    /// <summary>Bytes of all files.</summary>
    public long Size => StoredFile.Size(TempFiles().Concat(Folders.SelectMany(Files)));

    /// <summary>Makes the folders. The mark comes first: a folder with anything else in it and without a mark is
    /// somebody else's.</summary>
    public void Prepare()
    {
        Directory.CreateDirectory(Root);
        if (!CacheTag.IsIn(Root))
        {
            CacheTag.Write(Root);
        }

        foreach (string folder in Folders)
        {
            Directory.CreateDirectory(folder);
        }
    }

    /// <summary>An entry whose files are all there in their lengths, or null.</summary>
    /// <exception cref="InvalidDataException">There is an entry, but a damaged one.</exception>
    public CacheEntry? ReadEntry(string key)
    {
        byte[] bytes;
        try
        {
            bytes = RegularFile.ReadAllBytes(EntryPath(key), SealedJson.MaximumLength, followLink: false);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"it cannot be read ({exception.Message.TrimEnd('.')})", exception);
        }

        CacheEntry entry = CacheEntryFile.Read(key, bytes);
        foreach (CachedFile file in entry.Files)
        {
            StoredFile blob = StoredFile.Of(BlobPath(file.Digest))
                ?? throw new InvalidDataException($"the bytes of {file.Name} are missing");
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
    public bool HasBlob(CachedFile file) => StoredFile.Of(BlobPath(file.Digest))?.Length == file.Length;

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

    /// <summary>Stores what is written as a blob.</summary>
    /// <param name="name">Its name in the entry.</param>
    /// <param name="write">Writes it.</param>
    public CachedFile AddBlob(string name, Action<Stream> write)
    {
        using TempFile file = TempFile.Create(Temp);
        using var stream = new BlobStream(file.Handle);
        write(stream);
        CachedFile blob = stream.Description(name);
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

    /// <summary>Copies bytes out, and makes sure that the copy has the digest that is asked for: somebody may hold it
    /// against one of his own.</summary>
    /// <exception cref="InvalidDataException">They are not. Nothing stands at the target then.</exception>
    public void Restore(CachedFile file, string directory, CancellationToken cancellation)
    {
        string target = Path.Combine(directory, file.Name);
        string folder = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(folder);
        using SafeFileHandle source = OpenBlob(file);
        using TempFile copy = TempFile.Create(folder);
        using var sums = new ContentSums();
        Read(file, () => ObservedCopy.Run(source, copy.Handle, cancellation, sums.AddToDigest));
        Check(file, sums.Digest == file.Digest);
        copy.MoveTo(target);
    }

    /// <summary>Makes sure, by their checksum, that bytes are those that were stored.</summary>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public void Verify(CachedFile file, CancellationToken cancellation)
    {
        using SafeFileHandle source = OpenBlob(file);
        using var sums = new ContentSums();
        Read(file, () => FilePass.Run(source, cancellation, sums.AddToChecksum));
        Check(file, sums.Checksum == file.Checksum);
    }

    /// <summary>Makes sure, by their digest, that bytes are those that their name promises to whoever gets
    /// them.</summary>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public void VerifyDigest(CachedFile file, CancellationToken cancellation)
    {
        using SafeFileHandle source = OpenBlob(file);
        using var sums = new ContentSums();
        Read(file, () => FilePass.Run(source, cancellation, sums.AddToDigest, sums.AddToChecksum));
        Check(file, (sums.Digest, sums.Checksum) == (file.Digest, file.Checksum));
    }

    /// <summary>What bytes hold.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="read">Reads them, and nothing else.</param>
    /// <exception cref="InvalidDataException">They are missing, cannot be read, or are not what <paramref name="read"/>
    /// is for.</exception>
    public T Read<T>(CachedFile file, Func<Stream, T> read)
    {
        using Stream stream = OpenStream(file);
        try
        {
            return read(stream);
        }
        catch (IOException exception)
        {
            Drop(BlobPath(file.Digest));
            throw Unreadable(file, exception);
        }
    }

    /// <summary>Opens bytes for reading.</summary>
    /// <exception cref="InvalidDataException">They are missing.</exception>
    public Stream OpenStream(CachedFile file) => new FileStream(OpenBlob(file), FileAccess.Read);

    private SafeFileHandle OpenBlob(CachedFile file)
    {
        try
        {
            return RegularFile.Open(BlobPath(file.Digest), FileShare.Read | FileShare.Delete, followLink: false);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"the bytes of {file.Name} are missing", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, exception);
        }
    }

    /// <summary>Where the disk under bytes fails, they are as good as missing, and go away so that others can come into
    /// their place.</summary>
    private void Read(CachedFile file, Func<long> pass)
    {
        try
        {
            pass();
        }
        catch (FileReadException exception)
        {
            Drop(BlobPath(file.Digest));
            throw Unreadable(file, exception);
        }
    }

    private static InvalidDataException Unreadable(CachedFile file, Exception exception) =>
        new($"the bytes of {file.Name} cannot be read ({exception.Message.TrimEnd('.')})", exception);

    /// <summary>A blob that is not what its name says goes away; other entries that name it will find it
    /// missing.</summary>
    private void Check(CachedFile file, bool isAsStored)
    {
        if (!isAsStored)
        {
            Drop(BlobPath(file.Digest));
            throw new InvalidDataException($"the bytes of {file.Name} are not those that were stored");
        }
    }

    /// <summary>Deletes a file, if it is there and can be deleted. What is no file, a link say, is not the
    /// cache's.</summary>
    public static bool Drop(string path)
    {
        try
        {
            bool isThere = RegularFile.IsAt(path);
            if (isThere)
            {
                File.Delete(path);
            }

            return isThere;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Deletes a folder with what is in it, if that can be done. Links in it lead nowhere.</summary>
    public static bool DropFolder(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
