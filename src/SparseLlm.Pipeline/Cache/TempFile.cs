using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Cache;

/// <summary>
/// A file on its way into being: written under a name that nobody reads, then renamed. While its process lives, the operating
/// system holds a lock on it, so that what a killed process left can be told from what is being written.
/// </summary>
internal sealed class TempFile : IDisposable
{
    private const string Ending = ".tmp";
    private static readonly TimeSpan Stale = TimeSpan.FromDays(1);

    private bool moved;

    private TempFile(string path, SafeFileHandle handle) => (Path, Handle) = (path, handle);

    /// <summary>Its path until it is moved.</summary>
    public string Path { get; }

    /// <summary>Open for reading and writing.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Begins a file.</summary>
    /// <param name="directory">A directory on the file system of the file's final place.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static TempFile Create(string directory)
    {
        while (true)
        {
            string path = System.IO.Path.Combine(directory, $".{Guid.NewGuid():n}{Ending}");
            try
            {
                return new TempFile(path, File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete));
            }
            catch (IOException exception) when (FileLock.IsHeldByAnother(exception))
            {
                // Another process took it for a dead one's between its creation and its locking.
                File.Delete(path);
            }
        }
    }

    /// <summary>Writes a small file in one step.</summary>
    public static void Write(string directory, string path, ReadOnlySpan<byte> content)
    {
        using TempFile file = Create(directory);
        RandomAccess.Write(file.Handle, content, 0);
        file.Flush();
        file.MoveTo(path);
    }

    /// <summary>Returns when the disk has everything.</summary>
    public void Flush() => RandomAccess.FlushToDisk(Handle);

    /// <summary>Puts the file in its place, over one that stands there.</summary>
    public void MoveTo(string path)
    {
        File.Move(Path, path, overwrite: true);
        moved = true;
    }

    /// <summary>The temporary files that no living process writes.</summary>
    public static IEnumerable<string> Abandoned(string directory) =>
        Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory, $"*{Ending}").Where(IsAbandoned)
            : [];

    private static bool IsAbandoned(string path) =>
        DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > Stale || FileLock.IsFree(path);

    /// <summary>Leaves nothing behind unless <see cref="MoveTo"/> was called.</summary>
    public void Dispose()
    {
        if (!moved)
        {
            File.Delete(Path);
        }

        Handle.Dispose();
    }
}
