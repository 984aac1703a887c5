namespace SparseLlm.Tool;

/// <summary>A part of the work that Ctrl+C stops in the place of the whole. One at a time; who presses it again while
/// the part has not stopped ends the whole.</summary>
internal sealed class Interruptible : IDisposable
{
    private static Interruptible? current;

    private readonly CancellationTokenSource source;

    /// <summary>Begins the part.</summary>
    /// <param name="whole">Stops the part, too.</param>
    public Interruptible(CancellationToken whole)
    {
        source = CancellationTokenSource.CreateLinkedTokenSource(whole);
        Volatile.Write(ref current, this);
    }

    /// <summary>Stops the part.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Stops the part that goes on; false where there is none, or it has been stopped before.</summary>
    public static bool TryStop()
    {
        if (Interlocked.Exchange(ref current, null) is not { } part)
        {
            return false;
        }

        part.source.Cancel();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Whoever has taken it may be about to cancel it, so the source is left to the collector then.
        if (Interlocked.CompareExchange(ref current, null, this) == this)
        {
            source.Dispose();
        }
    }
}
