using SparseLlm.Pipeline.Requests;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SparseLlm.Tool.Output;

/// <summary>
/// Progress for a person at a terminal, redrawn in place: lines of <see cref="ProgressColumns"/>. What is finished
/// scrolls away above them.
/// </summary>
internal sealed class LiveProgress : IProgress<BuildProgress>
{
    // What a terminal writes of keys that are pressed, such as ^C, stays on the last line.
    private const int RoomForEcho = 5;

    private readonly CurrentWork work = new();

    /// <summary>There is something new to see.</summary>
    public event Action? Changed;

    /// <inheritdoc/>
    public void Report(BuildProgress value)
    {
        lock (this)
        {
            work.Take(value);
        }

        Changed?.Invoke();
    }

    /// <summary>What there is to see, three lines; null where nothing goes on.</summary>
    /// <param name="width">Of the terminal. A line that does not fit is cut off, since a frame of another height would
    /// not be drawn in its place.</param>
    public IRenderable? View(int width)
    {
        if (work.Title.Length == 0)
        {
            return null;
        }

        width -= RoomForEcho;
        return new Rows(
            Line(" ", width, ProgressColumns.Title, ProgressColumns.Facts),
            Line(" ", width, ProgressColumns.Bar, ProgressColumns.Step),
            Line(
                "[grey], [/]",
                width,
                ProgressColumns.Position,
                ProgressColumns.Elapsed,
                ProgressColumns.Remaining,
                ProgressColumns.Memory));
    }

    /// <summary>Columns from left to right, each in the room that those before it leave.</summary>
    private Markup Line(string separator, int width, params ReadOnlySpan<ProgressColumn> columns)
    {
        string line = "";
        foreach (ProgressColumn column in columns)
        {
            string before = line.Length == 0 ? "" : line + separator;
            int left = width - Markup.Remove(before).GetCellWidth();
            line = left > 0 && column(work, left) is { } shown ? before + shown : line;
        }

        return new Markup(line);
    }
}
