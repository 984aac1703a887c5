namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>The last lines that a process has written.</summary>
internal sealed class OutputTail
{
    private const int Length = 20;

    private readonly Queue<string> lines = [];

    /// <summary>Takes a line; null and empty ones are left out.</summary>
    public void Add(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        lock (lines)
        {
            lines.Enqueue(line.TrimEnd());
            if (lines.Count > Length)
            {
                lines.Dequeue();
            }
        }
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
}
