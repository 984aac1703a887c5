using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Keys;

/// <summary>What tells, without reading it, that a file is the same as before.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Modified">When its bytes were last written, in ticks (UTC).</param>
/// <param name="Inode">Its number in the file system; 0 where that is not known.</param>
/// <param name="Changed">
/// When anything about it last changed, in nanoseconds; 0 where that is not known. Programs can set back <paramref name="Modified"/>, but not this.
/// </param>
internal sealed record FileStamp(long Length, long Modified, ulong Inode, long Changed)
{
    // Of linux/fcntl.h and linux/stat.h; struct statx has the same layout on every architecture.
    private const int EmptyPath = 0x1000;
    private const uint InodeAndChange = 0x100 | 0x80;
    private const int StatxLength = 256;
    private const int InodeOffset = 32;
    private const int ChangeSecondsOffset = 96;
    private const int ChangeNanosecondsOffset = 104;

    /// <summary>The stamp of an open file.</summary>
    public static FileStamp Of(SafeFileHandle file)
    {
        (ulong inode, long changed) = OperatingSystem.IsLinux() ? Identity(file) : default;
        return new FileStamp(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file).Ticks, inode, changed);
    }

    private static (ulong Inode, long Changed) Identity(SafeFileHandle file)
    {
        try
        {
            byte[] status = new byte[StatxLength];
            return Statx(file, "", EmptyPath, InodeAndChange, status) == 0
                ? (BitConverter.ToUInt64(status, InodeOffset),
                    BitConverter.ToInt64(status, ChangeSecondsOffset) * 1_000_000_000 + BitConverter.ToUInt32(status, ChangeNanosecondsOffset))
                : default;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the call.
            return default;
        }
    }

    [DllImport("libc", EntryPoint = "statx")]
    private static extern int Statx(
        SafeFileHandle directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] status);
}
