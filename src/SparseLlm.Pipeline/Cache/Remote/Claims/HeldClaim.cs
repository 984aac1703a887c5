namespace SparseLlm.Pipeline.Cache.Remote.Claims;

/// <summary>
/// A claim of this process, which a thread renews until it is released. Where another has taken it over, since this
/// process could not renew it for a lease, that other keeps it: the same work is done twice then, and no harm.
/// </summary>
internal sealed class HeldClaim : IDisposable
{
    // Where the server does not answer, the claim runs out by itself.
    private static readonly TimeSpan PatienceToRelease = TimeSpan.FromSeconds(5);

    private readonly ClaimStore store;
    private readonly string name;
    private readonly Action<string> refused;
    private readonly CancellationTokenSource end = new();
    private readonly Thread renewal;
    private Claim claim;

    /// <summary>Begins to renew a claim.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="claim">What it says.</param>
    /// <param name="interval">How often it is renewed.</param>
    /// <param name="refused">Told why, where the server does not let it be renewed.</param>
    public HeldClaim(ClaimStore store, string name, Claim claim, TimeSpan interval, Action<string> refused)
    {
        (this.store, this.name, this.claim, this.refused) = (store, name, claim, refused);

        // A thread of its own: the pool's may all be computing.
        renewal = new Thread(() => RenewUntilTheEnd(interval)) { IsBackground = true, Name = "claim" };
        renewal.Start();
    }

    /// <summary>Releases the claim, so that others need not wait for its end.</summary>
    public void Dispose()
    {
        end.Cancel();
        renewal.Join();
        end.Dispose();
        using var patience = new CancellationTokenSource(PatienceToRelease);
        try
        {
            Write(claim with { IsReleased = true }, patience.Token);
        }
        catch (Exception exception)
            when (exception is HttpRequestException or InvalidDataException or OperationCanceledException)
        {
            // It runs out.
        }
    }

    private void RenewUntilTheEnd(TimeSpan interval)
    {
        bool isOurs = true;
        while (isOurs && !end.Token.WaitHandle.WaitOne(interval))
        {
            try
            {
                isOurs = Write(claim, end.Token);
            }
            catch (HttpRequestException exception) when (!HttpStore.MayPass(exception))
            {
                refused(exception.Message);
                return;
            }
            catch (HttpRequestException)
            {
                // The server may be back in time.
            }
            catch (Exception exception) when (exception is InvalidDataException or OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Writes the claim with another beat, if it is still there, or has been cleared away.</summary>
    /// <returns>False where another has it.</returns>
    private bool Write(Claim next, CancellationToken cancellation)
    {
        SeenClaim? seen = store.Read(name, cancellation);
        if (seen is not null && seen.Claim?.Owner != claim.Owner)
        {
            return false;
        }

        claim = next with { Beat = next.Beat + 1 };
        store.Write(name, claim, seen, cancellation);
        return true;
    }
}
