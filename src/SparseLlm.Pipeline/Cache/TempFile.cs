using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Cache;

/// <summary>
/// A file on its way into being: written under a name that nobody reads, then renamed. While its process lives, the operating
/// system holds a lock on it, so that what a killed process left can be told from what is being written.
/// </summary>
internal sealed partial class TempFile : IDisposable
{
    /// <summary>How the names of temporary files end.</summary>
    public const string Ending = ".tmp";

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
                SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete);
                if (File.Exists(path))
                {
                    return new TempFile(path, handle);
                }

                // Another process has cleared it away in that moment.
                handle.Dispose();
            }
            catch (IOException exception) when (FileLock.IsHeldByAnother(exception))
            {
                // Another process looks whether its writer is dead, between its creation and its locking.
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

    /// <summary>Whether a file of that name is one of these: nobody else is likely to hit upon it.</summary>
    public static bool IsName(string name) => Names().IsMatch(name);

    /// <summary>The temporary files of a directory.</summary>
    public static IEnumerable<string> In(string directory) =>
        Directory.Exists(directory) ? Directory.EnumerateFiles(directory, $"*{Ending}") : [];

    /// <summary>Leaves nothing behind unless <see cref="MoveTo"/> was called.</summary>
    public void Dispose()
    {
        if (!moved)
        {
            File.Delete(Path);
        }

        Handle.Dispose();
    }

    [GeneratedRegex("^\\.[0-9a-f]{32}\\.tmp\\z")]
    private static partial Regex Names();
}
