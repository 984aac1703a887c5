using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Tool.Output;

/// <summary>Shows the progress of a command's work: a live display where a person watches, plain lines where a log
/// does.</summary>
internal static class ProgressDisplay
{
    /// <summary>How often the time is drawn anew.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    /// <summary>Does the work and shows its progress meanwhile.</summary>
    /// <param name="quiet">Show diagnostics only.</param>
    /// <param name="work">The work; it is given what it reports to.</param>
    public static T Run<T>(bool quiet, Func<IProgress<BuildProgress>, T> work)
    {
        if (quiet || !Terminal.IsWatched)
        {
            return work(new ConsoleProgress(quiet));
        }

        var progress = new LiveProgress();
        using var frame = new LiveFrame(Terminal.Errors);

        // Time goes on while a large matrix is solved.
        using var ticks = new Timer(_ => Refresh(), null, Tick, Tick);
        progress.Changed += Refresh;
        return work(progress);

        void Refresh()
        {
            lock (progress)
            {
                frame.Show(progress.View(Terminal.Errors.Profile.Width));
            }
        }
    }
}
