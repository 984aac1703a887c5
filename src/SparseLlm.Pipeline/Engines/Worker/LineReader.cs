namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>Reads lines of bytes from another process. What it writes may have no end, so a line longer than the limit
/// comes in pieces.</summary>
/// <param name="stream">What the other process writes to.</param>
/// <param name="limit">The most bytes of a piece.</param>
internal sealed class LineReader(Stream stream, int limit)
{
    private readonly byte[] buffer = new byte[1 << 16];
    private readonly MemoryStream line = new();
    private int position;
    private int end;

    /// <summary>Reads on.</summary>
    /// <param name="bytes">A line without its end, or a piece of one.</param>
    /// <param name="isWhole">Whether the line has ended here; not so at the limit, nor where the stream ends before
    /// it.</param>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public bool TryRead(out byte[] bytes, out bool isWhole)
    {
        isWhole = false;
        while (!isWhole && line.Length < limit && Fill())
        {
            ReadOnlySpan<byte> unread = buffer.AsSpan(position..Math.Min(end, position + limit - (int)line.Length));
            int newline = unread.IndexOf((byte)'\n');
            isWhole = newline >= 0;
            line.Write(isWhole ? unread[..newline] : unread);
            position += isWhole ? newline + 1 : unread.Length;
        }

        bytes = line.ToArray();
        line.SetLength(0);
        return isWhole || bytes.Length > 0;
    }

    private bool Fill()
    {
        if (position == end)
        {
            (position, end) = (0, stream.Read(buffer));
        }

        return end > 0;
    }
}
