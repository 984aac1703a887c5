using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Cache;

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
    public static long Run(SafeFileHandle source, CancellationToken cancellation, params Action<ReadOnlyMemory<byte>>[] consumers)
    {
        int length = (int)Math.Clamp(RandomAccess.GetLength(source), 1, ChunkLength);
        byte[] current = new byte[length];
        byte[] next = new byte[length];
        long offset = 0;
        Task consumed = Task.CompletedTask;
        try
        {
            while (RandomAccess.Read(source, current, offset) is > 0 and int count)
            {
                cancellation.ThrowIfCancellationRequested();
                consumed.GetAwaiter().GetResult();
                ReadOnlyMemory<byte> chunk = current.AsMemory(0, count);
                consumed = Task.WhenAll(consumers.Select(consume => Task.Run(() => consume(chunk), CancellationToken.None)));
                offset += count;
                (current, next) = (next, current);
            }
        }
        finally
        {
            // The consumers' own resources must not go away under them.
            Task.WaitAny([consumed], CancellationToken.None);
        }

        consumed.GetAwaiter().GetResult();
        return offset;
    }
}
