using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Disk;

/// <summary>One pass over a file for several consumers: while they work on a chunk, the next is read.</summary>
internal static class FilePass
{
    // Large enough that handing a chunk over costs nothing, also where threads wait for a processor.
    private const int ChunkLength = 4 << 20;

    /// <summary>Reads a file from its beginning to its end.</summary>
    /// <param name="source">The file.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <param name="consumers">Each gets every chunk in order; they work at the same time.</param>
    /// <returns>The number of bytes read.</returns>
    /// <exception cref="FileReadException">It cannot be read.</exception>
    public static long Run(
        SafeFileHandle source,
        CancellationToken cancellation,
        params Action<ReadOnlyMemory<byte>>[] consumers) =>
        Run(source, 0, long.MaxValue, cancellation, consumers);

    /// <summary>Reads a part of a file.</summary>
    /// <param name="source">The file.</param>
    /// <param name="first">The first byte.</param>
    /// <param name="length">How many bytes, or as many as are there.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <param name="consumers">Each gets every chunk in order; they work at the same time.</param>
    /// <returns>The number of bytes read.</returns>
    /// <exception cref="FileReadException">It cannot be read.</exception>
    public static long Run(
        SafeFileHandle source,
        long first,
        long length,
        CancellationToken cancellation,
        params Action<ReadOnlyMemory<byte>>[] consumers)
    {
        byte[] current = new byte[(int)Math.Clamp(
            Math.Min(length, RandomAccess.GetLength(source) - first),
            1,
            ChunkLength)];
        byte[] next = new byte[current.Length];
        long done = 0;
        Task consumed = Task.CompletedTask;
        try
        {
            while (Read(
                source,
                current.AsSpan(0, (int)Math.Min(current.Length, length - done)),
                first + done) is > 0 and int count)
            {
                cancellation.ThrowIfCancellationRequested();
                consumed.GetAwaiter().GetResult();
                ReadOnlyMemory<byte> chunk = current.AsMemory(0, count);
                consumed = Task.WhenAll(
                    consumers.Select(consume => Task.Run(() => consume(chunk), CancellationToken.None)));
                done += count;
                (current, next) = (next, current);
            }
        }
        finally
        {
            // The consumers' own resources must not go away under them.
            Task.WaitAny([consumed], CancellationToken.None);
        }

        consumed.GetAwaiter().GetResult();
        return done;
    }

    private static int Read(SafeFileHandle source, Span<byte> chunk, long offset)
    {
        try
        {
            return RandomAccess.Read(source, chunk, offset);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FileReadException(source, exception);
        }
    }
}
