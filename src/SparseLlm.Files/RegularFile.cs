using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Files;

/// <summary>
/// Reading files whose names come from elsewhere. A pipe would be waited for and a device be read without end, so
/// whatever is not a regular file is refused before it is opened, with an <see cref="IOException"/> like any other.
/// </summary>
public static class RegularFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="share">What others may do meanwhile.</param>
    /// <param name="options">How it will be read.</param>
    /// <param name="followLink">Whether the name may be a link to the file.</param>
    /// <exception cref="IOException">It is not there, not a regular file, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafeFileHandle Open(
        string path,
        FileShare share = FileShare.Read,
        FileOptions options = FileOptions.None,
        bool followLink = true)
    {
        Require(path, followLink);
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, share, options);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException
            && new FileInfo(path).LinkTarget is not null)
        {
            throw new FileNotFoundException($"this is a link to '{new FileInfo(path).LinkTarget}', which is not there; "
                + $"if it comes from a download, that is not complete: fetch it again", path, exception);
        }
    }

    /// <summary>The bytes of a file that has to fit into memory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximumLength">Bytes that such a file can have within reason.</param>
    /// <param name="followLink">Whether the name may be a link to the file.</param>
    /// <exception cref="IOException">It is longer, not there, not a regular file, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path, long maximumLength, bool followLink = true)
    {
        using SafeFileHandle file = Open(path, followLink: followLink);
        long length = RandomAccess.GetLength(file);
        if (length > maximumLength)
        {
            throw new IOException(FormattableString.Invariant(
                $"the file has {length} bytes, and {maximumLength} is the most that are read of one like it"));
        }

        byte[] bytes = new byte[length];
        int count = 0;
        while (count < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(count), count) is > 0 and int read)
        {
            count += read;
        }

        return count == bytes.Length ? bytes : throw new IOException("the file has become shorter while it was read");
    }

    /// <summary>Whether a regular file bears this name itself, rather than a link to one.</summary>
    public static bool IsAt(string path) => File.Exists(path) && Flaw(path, followLink: false) is null;

    /// <summary>Refuses what bears a name and is not a regular file; a name that is free is none of its
    /// business.</summary>
    /// <param name="path">The name.</param>
    /// <param name="followLink">Whether it may be a link to a file.</param>
    /// <exception cref="IOException">Something else bears it.</exception>
    public static void Require(string path, bool followLink = true)
    {
        if (Flaw(path, followLink) is { } flaw)
        {
            throw new IOException($"this is {flaw} and not a regular file");
        }
    }

    private static string? Flaw(
        string path,
        bool followLink) => !followLink && new FileInfo(path).LinkTarget is not null
        ? "a link"
        : FileStatus.Of(path).Kind switch
        {
            FileKind.Directory => "a directory",
            FileKind.Pipe => "a pipe",
            FileKind.Socket => "a socket",
            FileKind.Device => "a device",
            _ => null,
        };
}
