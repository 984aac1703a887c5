using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Cache;

/// <summary>Copies that the kernel makes by itself, without the bytes coming to this process: as fast as <c>cp</c>.</summary>
internal static class KernelCopy
{
    // Between two looks at the cancellation.
    private const long PieceLength = 64 << 20;

    /// <summary>Copies a file into an empty one, where the kernel can do so between these file systems.</summary>
    /// <returns>False if nothing was copied; the caller copies then.</returns>
    public static bool TryCopy(SafeFileHandle source, SafeFileHandle destination, CancellationToken cancellation)
    {
        long length = RandomAccess.GetLength(source);
        if (!OperatingSystem.IsLinux() || length == 0)
        {
            return false;
        }

        long read = 0;
        long written = 0;
        while (written < length)
        {
            cancellation.ThrowIfCancellationRequested();
            nint count = CopyRange(source, ref read, destination, ref written, (nuint)Math.Min(PieceLength, length - written), 0);
            if (count <= 0)
            {
                return false;
            }
        }

        return true;
    }

    [DllImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    private static extern nint CopyRange(
        SafeFileHandle source, ref long sourceOffset, SafeFileHandle destination, ref long destinationOffset, nuint length, uint flags);
}
