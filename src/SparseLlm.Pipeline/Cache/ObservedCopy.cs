using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Cache;

/// <summary>Copying in one pass, while others look at what is copied.</summary>
internal static class ObservedCopy
{
    /// <summary>Copies a file into an empty one.</summary>
    /// <param name="source">The file.</param>
    /// <param name="destination">The empty file.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <param name="observers">Each gets every chunk in order; they work at the same time.</param>
    /// <returns>The number of bytes.</returns>
    public static long Run(
        SafeFileHandle source, SafeFileHandle destination, CancellationToken cancellation, params Action<ReadOnlyMemory<byte>>[] observers)
    {
        long written = 0;
        return FilePass.Run(source, cancellation, [.. observers, Write]);

        void Write(ReadOnlyMemory<byte> chunk)
        {
            RandomAccess.Write(destination, chunk.Span, written);
            written += chunk.Length;
        }
    }
}
