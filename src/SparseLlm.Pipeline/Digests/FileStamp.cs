using Microsoft.Win32.SafeHandles;
using SparseLlm.Files;

namespace SparseLlm.Pipeline.Digests;

/// <summary>What tells, without reading it, that a file is the same as before.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Modified">When its bytes were last written, in ticks (UTC).</param>
/// <param name="Inode">Its number in the file system; 0 where that is not known.</param>
/// <param name="Changed">
/// When anything about it last changed, in nanoseconds; 0 where that is not known. Programs can set back
/// <paramref name="Modified"/>, but not this.
/// </param>
internal sealed record FileStamp(long Length, long Modified, ulong Inode, long Changed)
{
    /// <summary>The stamp of a file.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static FileStamp Of(string path)
    {
        using SafeFileHandle file = RegularFile.Open(path);
        return Of(file);
    }

    /// <summary>The stamp of an open file.</summary>
    public static FileStamp Of(SafeFileHandle file)
    {
        FileStatus status = FileStatus.Of(file);
        return new FileStamp(
            RandomAccess.GetLength(file),
            File.GetLastWriteTimeUtc(file).Ticks,
            status.Inode,
            status.Changed);
    }
}
