namespace SparseLlm.Hub.Http;

/// <summary>
/// Gives up what makes no progress. A transfer may take hours, and a server may say nothing more at any moment of them:
/// so it is not the whole that has a limit, but the time until the next <see cref="LeastProgress"/> bytes have come or
/// gone.
/// </summary>
internal sealed class StallWatch : IDisposable
{
    /// <summary>Bytes that count as progress: a server that gives one now and then is as good as dead.</summary>
    public const int LeastProgress = 1 << 16;

    private readonly CancellationTokenSource source;
    private readonly TimeSpan patience;
    private long bytes;

    /// <summary>Begins to wait.</summary>
    /// <param name="patience">How long at most for the next progress.</param>
    /// <param name="cancellation">Gives up at once.</param>
    public StallWatch(TimeSpan patience, CancellationToken cancellation)
    {
        this.patience = patience;
        source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        source.CancelAfter(patience);
    }

    /// <summary>Cancelled when it is time to give up.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Takes note of bytes that have passed.</summary>
    public void Passed(int count)
    {
        bytes += count;
        if (bytes >= LeastProgress)
        {
            Begin();
        }
    }

    /// <summary>Begins to wait anew: what went on until now is done.</summary>
    /// <param name="times">How much more patience than usual there is.</param>
    public void Begin(int times = 1)
    {
        bytes = 0;
        source.CancelAfter(times * patience);
    }

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();
}
