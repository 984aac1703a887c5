using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Disk;

/// <summary>Copying, while others look at what is copied.</summary>
internal static class ObservedCopy
{
    /// <summary>Copies a file into an empty one.</summary>
    /// <param name="source">The file.</param>
    /// <param name="destination">The empty file; open for reading too.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <param name="observers">Each gets every chunk of the copy in order; they work at the same time.</param>
    /// <returns>The number of bytes.</returns>
    /// <exception cref="FileReadException">The file cannot be read, or the blocks that the copy shares with
    /// it.</exception>
    /// <exception cref="IOException">The copy cannot be written.</exception>
    public static long Run(
        SafeFileHandle source, SafeFileHandle destination, CancellationToken cancellation,
        params Action<ReadOnlyMemory<byte>>[] observers) =>
        Reflink.TryClone(source, destination)
            ? FilePass.Run(destination, cancellation, observers)
            : InKernel(source, destination, cancellation, observers)
                ?? InProcess(source, destination, cancellation, observers);

    /// <summary>While the kernel copies a piece, the piece before it is read again, from the system's memory.</summary>
    private static long? InKernel(
        SafeFileHandle source, SafeFileHandle destination, CancellationToken cancellation,
        Action<ReadOnlyMemory<byte>>[] observers)
    {
        Task observed = Task.CompletedTask;
        try
        {
            long? copied = KernelCopy.TryCopy(source, destination, cancellation, (offset, length) =>
            {
                observed.GetAwaiter().GetResult();
                observed = Task.Run(
                    () => FilePass.Run(destination, offset, length, cancellation, observers),
                    CancellationToken.None);
            });
            observed.GetAwaiter().GetResult();
            return copied;
        }
        catch (FileReadException exception) when (exception.File == destination)
        {
            // What was written and is gone again is a copy that could not be written.
            throw new IOException(exception.Message, exception);
        }
        finally
        {
            // The observers' own resources must not go away under them.
            Task.WaitAny([observed], CancellationToken.None);
        }
    }

    private static long InProcess(
        SafeFileHandle source, SafeFileHandle destination, CancellationToken cancellation,
        Action<ReadOnlyMemory<byte>>[] observers)
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
