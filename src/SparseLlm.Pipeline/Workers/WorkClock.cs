namespace SparseLlm.Pipeline.Workers;

/// <summary>Tells whether one more decoder layer, or one more pass over all of them, can be finished within a worker's
/// time.</summary>
/// <param name="limit">How long the worker may run; null for as long as it takes.</param>
/// <param name="time">Measures how long something takes; the time of day is nobody's business.</param>
internal sealed class WorkClock(TimeSpan? limit, TimeProvider time)
{
    /// <summary>To store a layer, and to leave.</summary>
    private static readonly TimeSpan ToLeave = TimeSpan.FromSeconds(5);

    // A layer may take longer than those before it.
    private const double Margin = 1.25;

    private readonly long start = time.GetTimestamp();
    private TimeSpan lastLayer;
    private TimeSpan longest;

    private TimeSpan Elapsed => time.GetElapsedTime(start);

    /// <summary>A layer begins.</summary>
    public void Begin() => lastLayer = Elapsed;

    /// <summary>A layer is finished.</summary>
    /// <returns>Whether there is time for another.</returns>
    public bool Finish()
    {
        TimeSpan took = Elapsed - lastLayer;
        longest = took > longest ? took : longest;
        Begin();
        return HasTimeAfter(TimeSpan.Zero);
    }

    /// <summary>Whether there is time for a layer after a pause.</summary>
    public bool HasTimeAfter(TimeSpan pause)
        => limit is not { } all || Elapsed + pause + (longest * Margin) + ToLeave <= all;
}
