using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Disk;

/// <summary>Copies that share their blocks with the original until one of the two is written to (Btrfs, XFS,
/// bcachefs).</summary>
internal static class Reflink
{
    // FICLONE of linux/fs.h: _IOW(0x94, 9, int).
    private const nuint FileClone = 0x40049409;

    /// <summary>Makes the destination a clone of the source, where the file system can.</summary>
    public static bool TryClone(SafeFileHandle source, SafeFileHandle destination) =>
        OperatingSystem.IsLinux() && RandomAccess.GetLength(source) > 0 && Control(destination, FileClone, source) == 0;

    [DllImport("libc", EntryPoint = "ioctl")]
    private static extern int Control(SafeFileHandle destination, nuint request, SafeFileHandle source);
}
