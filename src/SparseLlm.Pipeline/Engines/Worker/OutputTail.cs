using System.Text;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>The last lines that a process has written, as far as they are worth showing: it may write without end, and
/// commands to a terminal.</summary>
internal sealed class OutputTail
{
    private const int Length = 20;
    private const int LongestLine = 500;

    private readonly Queue<string> lines = [];

    /// <summary>Reads a stream to its end, on a thread of its own: who did not read it would stop the
    /// process.</summary>
    public Thread Follow(Stream stream)
    {
        var thread = new Thread(() => Read(stream)) { IsBackground = true, Name = "output" };
        thread.Start();
        return thread;
    }

    /// <summary>The lines, the oldest first.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines)
            {
                return [.. lines];
            }
        }
    }

    private void Read(Stream stream)
    {
        try
        {
            var reader = new LineReader(stream, LongestLine);
            while (reader.TryRead(out byte[] bytes, out _))
            {
                Add(Encoding.UTF8.GetString(bytes).TrimEnd());
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // Nobody is interested in it any more.
        }
    }

    private void Add(string line)
    {
        if (line.Length == 0)
        {
            return;
        }

        lock (lines)
        {
            lines.Enqueue(Printable.Of(line));
            if (lines.Count > Length)
            {
                lines.Dequeue();
            }
        }
    }
}
