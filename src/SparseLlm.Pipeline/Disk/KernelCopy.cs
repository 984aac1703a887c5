using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Disk;

/// <summary>Copies that the kernel makes by itself, without the bytes coming to this process: as fast as
/// <c>cp</c>.</summary>
internal static class KernelCopy
{
    // Between two looks at the cancellation.
    private const long PieceLength = 64 << 20;

    /// <summary>Copies a file into an empty one, where the kernel can do so between these file systems.</summary>
    /// <param name="source">The file.</param>
    /// <param name="destination">The empty file.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    /// <param name="copied">Told the offset and the length of each piece once it is there.</param>
    /// <returns>The number of bytes; null if nothing was copied, and the caller has to.</returns>
    /// <exception cref="FileReadException">It failed in the middle, because the file cannot be read there.</exception>
    /// <exception cref="IOException">It failed in the middle otherwise.</exception>
    public static long? TryCopy(
        SafeFileHandle source,
        SafeFileHandle destination,
        CancellationToken cancellation,
        Action<long, long> copied)
    {
        long length = RandomAccess.GetLength(source);
        if (!OperatingSystem.IsLinux() || length == 0)
        {
            return null;
        }

        long read = 0;
        long written = 0;
        while (written < length)
        {
            cancellation.ThrowIfCancellationRequested();
            long offset = written;
            nint count = CopyRange(
                source,
                ref read,
                destination,
                ref written,
                (nuint)Math.Min(PieceLength, length - written),
                0);
            if (count <= 0 && offset == 0)
            {
                return null;
            }

            if (count < 0)
            {
                int error = Marshal.GetLastPInvokeError();

                // The kernel does not say which of the two files failed.
                FilePass.Run(source, read, PieceLength, cancellation);
                throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
            }

            if (count == 0)
            {
                break;
            }

            copied(offset, count);
        }

        return written;
    }

    [DllImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    private static extern nint CopyRange(
        SafeFileHandle source, ref long sourceOffset, SafeFileHandle destination, ref long destinationOffset,
        nuint length, uint flags);
}
