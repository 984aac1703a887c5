using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Files;

/// <summary>
/// Reading files whose names come from elsewhere. A pipe would be waited for and a device be read without end, so whatever is not a
/// regular file is refused before it is opened, with an <see cref="IOException"/> like any other.
/// </summary>
public static class RegularFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file; links are followed.</param>
    /// <param name="share">What others may do meanwhile.</param>
    /// <param name="options">How it will be read.</param>
    /// <exception cref="IOException">It is not there, not a regular file, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafeFileHandle Open(string path, FileShare share = FileShare.Read, FileOptions options = FileOptions.None)
    {
        Require(path);
        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, share, options);
    }

    /// <summary>The bytes of a file that has to fit into memory.</summary>
    /// <param name="path">The file; links are followed.</param>
    /// <param name="maximumLength">Bytes that such a file can have within reason.</param>
    /// <exception cref="IOException">It is longer, not there, not a regular file, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path, long maximumLength)
    {
        using SafeFileHandle file = Open(path);
        long length = RandomAccess.GetLength(file);
        if (length > maximumLength)
        {
            throw new IOException(FormattableString.Invariant($"the file has {length} bytes, and {maximumLength} is the most that are read of one like it"));
        }

        byte[] bytes = new byte[length];
        int count = 0;
        while (count < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(count), count) is > 0 and int read)
        {
            count += read;
        }

        return count == bytes.Length ? bytes : throw new IOException("the file has become shorter while it was read");
    }

    /// <summary>Refuses what is there and not a regular file.</summary>
    private static void Require(string path)
    {
        string? kind = FileStatus.Of(path).Kind switch
        {
            FileKind.Directory => "a directory",
            FileKind.Pipe => "a pipe",
            FileKind.Socket => "a socket",
            FileKind.Device => "a device",
            _ => null,
        };
        if (kind is not null)
        {
            throw new IOException($"this is {kind} and not a regular file");
        }
    }
}
