using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Files;

/// <summary>
/// A file on its way into being: written under a name that nobody reads, then renamed. While its process lives, the
/// operating system holds a lock on it, so that what a killed process left can be told from what is being written.
/// </summary>
public sealed partial class TempFile : IDisposable
{
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
            string path = System.IO.Path.Combine(directory, $".{Guid.NewGuid():n}.tmp");
            try
            {
                SafeFileHandle handle = File.OpenHandle(
                    path,
                    FileMode.CreateNew,
                    FileAccess.ReadWrite,
                    FileShare.Delete);
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
    /// <param name="directory">A directory on the file system of its place.</param>
    /// <param name="path">Its place.</param>
    /// <param name="content">What is in it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
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
