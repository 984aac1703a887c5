using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace SparseLlm.Tool.Output;

/// <summary>One thing that the live display shows of the work.</summary>
/// <param name="work">The work.</param>
/// <param name="width">Terminal cells that are left on the line.</param>
/// <returns>Markup; null where there is nothing to show.</returns>
internal delegate string? ProgressColumn(CurrentWork work, int width);

/// <summary>The columns of the live display.</summary>
internal static class ProgressColumns
{
    private const int BarWidth = 24;

    /// <summary>What is being made.</summary>
    public static string? Title(CurrentWork work, int width) => $"[bold]{Escape(work.Title, width)}[/]";

    /// <summary>What about it does not change meanwhile.</summary>
    public static string? Facts(CurrentWork work, int width) => Escape(work.Facts, width);

    /// <summary>How much of it is done.</summary>
    public static string? Bar(CurrentWork work, int width)
    {
        int filled = (int)Math.Round(BarWidth * Math.Clamp(work.Done / work.Total, 0, 1));
        return $"[green]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/]";
    }

    /// <summary>The last step that was heard of.</summary>
    public static string? Step(CurrentWork work, int width) => Escape(work.Step, width);

    /// <summary>Which artifact of how many, where there are several.</summary>
    public static string? Position(CurrentWork work, int width) => Grey(work.Pace.Position, width);

    /// <summary>Time since the build began.</summary>
    public static string? Elapsed(CurrentWork work, int width)
        => Grey($"{Duration(work.Pace.Elapsed)} elapsed", width);

    /// <summary>Time until everything is done, or else until this is; nothing before a speed is known.</summary>
    public static string? Remaining(CurrentWork work, int width) => (work.Pace.BuildLeft, work.Pace.StepLeft) switch
    {
        ({ } all, _) => Grey($"about {Duration(all)} left", width),
        (_, { } own) => Grey($"about {Duration(own)} of {work.Goal} left", width),
        _ => null,
    };

    /// <summary>Memory of the process that computes.</summary>
    public static string? Memory(CurrentWork work, int width)
        => Grey(FormattableString.Invariant($"{BytesOf(work.EngineProcess) / 1e9:0.0} GB of memory"), width);

    /// <summary>Minutes and seconds, and hours where there are any.</summary>
    public static string Duration(TimeSpan time)
        => time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);

    private static string? Grey(string? text, int width) => text is null ? null : $"[grey]{Escape(text, width)}[/]";

    private static string Escape(string text, int width) => Markup.Escape(CellText.Cut(text, width));

    private static long BytesOf(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.WorkingSet64;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It has ended.
            return 0;
        }
    }
}
