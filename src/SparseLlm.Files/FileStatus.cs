using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Files;

/// <summary>What the system knows of a file and .NET does not tell.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Inode">Its number in the file system; 0 where that is not known.</param>
/// <param name="Changed">When anything about it last changed, in nanoseconds; 0 where that is not known.</param>
public readonly record struct FileStatus(FileKind Kind, ulong Inode, long Changed)
{
    // Of linux/fcntl.h and linux/stat.h; struct statx has the same layout on every architecture.
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const uint TypeOwnerInodeAndChange = 0x1 | 0x8 | 0x100 | 0x80;
    private const int StatxLength = 256;
    private const int OwnerOffset = 20;
    private const int ModeOffset = 28;
    private const int InodeOffset = 32;
    private const int ChangeSecondsOffset = 96;
    private const int ChangeNanosecondsOffset = 104;

    /// <summary>Whether it belongs to the user whom this process runs as; null where that is not known.</summary>
    public bool? IsOwn { get; private init; }

    /// <summary>The status of what a path leads to; links are followed. Nothing is opened.</summary>
    public static FileStatus Of(string path) =>
        Read(status => Statx(CurrentDirectory, path, 0, TypeOwnerInodeAndChange, status));

    /// <summary>The status of an open file.</summary>
    public static FileStatus Of(SafeFileHandle file) =>
        Read(status => Statx(file, "", EmptyPath, TypeOwnerInodeAndChange, status));

    private static FileStatus Read(Func<byte[], int> statx)
    {
        if (!OperatingSystem.IsLinux())
        {
            return default;
        }

        try
        {
            byte[] status = new byte[StatxLength];
            return statx(status) == 0
                ? new FileStatus(
                    KindOf(BitConverter.ToUInt16(status, ModeOffset)),
                    BitConverter.ToUInt64(status, InodeOffset),
                    BitConverter.ToInt64(status, ChangeSecondsOffset) * 1_000_000_000
                        + BitConverter.ToUInt32(status, ChangeNanosecondsOffset))
                {
                    IsOwn = BitConverter.ToUInt32(status, OwnerOffset) == EffectiveUser(),
                }
                : default;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the call.
            return default;
        }
    }

    /// <summary>The type in the upper bits of a mode (S_IFMT of linux/stat.h).</summary>
    private static FileKind KindOf(ushort mode) => (mode & 0xF000) switch
    {
        0x8000 => FileKind.Regular,
        0x4000 => FileKind.Directory,
        0x1000 => FileKind.Pipe,
        0xC000 => FileKind.Socket,
        0x2000 or 0x6000 => FileKind.Device,
        _ => FileKind.Unknown,
    };

    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint EffectiveUser();

    [DllImport("libc", EntryPoint = "statx")]
    private static extern int Statx(
        int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] status);

    [DllImport("libc", EntryPoint = "statx")]
    private static extern int Statx(
        SafeFileHandle directory, [MarshalAs(
            UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] status);
}
