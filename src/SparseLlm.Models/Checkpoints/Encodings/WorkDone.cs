namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>How much of the bytes of some work has passed by.</summary>
/// <param name="all">All of them.</param>
/// <param name="progress">Takes the share that is done, from 0 to 1.</param>
internal sealed class WorkDone(long all, Action<double> progress)
{
    private long done;

    /// <summary>Counts bytes.</summary>
    public void Add(long bytes)
    {
        done += bytes;
        progress(all == 0 ? 1 : Math.Min(1, (double)done / all));
    }
}
