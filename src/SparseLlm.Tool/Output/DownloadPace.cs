using System.Globalization;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Tool.Output;

/// <summary>How far a download is, how fast it goes, and how much longer it takes.</summary>
/// <param name="time">Tells the time; the download begins now.</param>
internal sealed class DownloadPace(TimeProvider time)
{
    // Where each line stays, one for each tenth, but not several in a second of a fast network.
    private const int Lines = 10;
    private static readonly TimeSpan LeastBetween = TimeSpan.FromSeconds(2);

    private readonly long start = time.GetTimestamp();
    private long lastLine = time.GetTimestamp();
    private long tenth;
    private long? before;
    private DownloadStep? step;

    /// <summary>Takes note of what has come.</summary>
    /// <returns>Whether this is worth a line in a log.</returns>
    public bool Take(DownloadStep value)
    {
        // What an earlier download has left counts as done, but nothing of the speed.
        before ??= value.Done;
        step = value;
        long reached = value.Total == 0 ? Lines : value.Done * Lines / value.Total;
        if (reached == tenth || (reached < Lines && time.GetElapsedTime(lastLine) < LeastBetween))
        {
            return false;
        }

        (tenth, lastLine) = (reached, time.GetTimestamp());
        return true;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        if (step is null)
        {
            return "";
        }

        double seconds = time.GetElapsedTime(start).TotalSeconds;
        double rate = seconds > 0 ? (step.Done - before!.Value) / seconds : 0;
        string left = rate > 0 && step.Done < step.Total ? $", {Duration((step.Total - step.Done) / rate)} left" : "";
        string speed = rate > 0 ? $", {ByteSize.Format((long)rate)}/s" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{ByteSize.Format(step.Done)} of "
            + $"{ByteSize.Format(step.Total)} ({100 * step.Done / Math.Max(1, step.Total)} %){speed}{left}");
    }

    private static string Duration(double seconds) =>
        seconds < TimeSpan.FromDays(1).TotalSeconds
            ? ProgressColumns.Duration(TimeSpan.FromSeconds(seconds))
            : "more than a day";
}
