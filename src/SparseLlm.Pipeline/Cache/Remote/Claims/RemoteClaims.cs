using System.Security.Cryptography;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache.Claims;

namespace SparseLlm.Pipeline.Cache.Remote.Claims;

/// <summary>
/// Lets those who share nothing but a remote cache do each piece of work once. A claim is taken by writing it, on the
/// condition that it has not changed, and is ours if it is found so afterwards. Its owner renews it; one that has not
/// changed for a lease is anybody's. Whatever goes wrong is a note, and the work goes on without claims.
/// </summary>
internal sealed class RemoteClaims
{
    // One beat, or two, may get lost.
    private const int BeatsInALease = 3;
    private const int LooksInALease = 6;
    private const int OwnerLength = 32;

    private readonly RemoteCacheOptions options;
    private readonly Action<Diagnostic> report;
    private readonly ClaimStore store;
    private readonly ClaimWatch watch;
    private readonly Lock gate = new();
    private bool isOn = true;

    /// <summary>The claims at an address.</summary>
    /// <param name="options">Where, and how long a lease is.</param>
    /// <param name="report">Told of trouble, as a note.</param>
    public RemoteClaims(RemoteCacheOptions options, Action<Diagnostic> report)
    {
        (this.options, this.report) = (options, report);

        // An answer that comes after the next beat is of no use.
        TimeSpan patience = options.Patience < Interval ? options.Patience : Interval;
        store = new ClaimStore(new HttpStore(options with { Patience = patience }));
        watch = new ClaimWatch(options.Lease, options.Clock);
    }

    /// <summary>After how long to look again at a claim of another.</summary>
    public TimeSpan Pause => options.Lease / LooksInALease;

    private TimeSpan Interval => options.Lease / BeatsInALease;

    /// <summary>Takes the claim of a key, unless another has it. Does not wait to see whether that one lives.</summary>
    public ClaimAttempt TryTake(string key, CancellationToken cancellation)
    {
        if (!isOn)
        {
            return ClaimAttempt.Unclaimed;
        }

        try
        {
            return TryTakeNamed(ClaimStore.NameOf(key), cancellation);
        }
        catch (Exception exception) when (exception is HttpRequestException or InvalidDataException)
        {
            TurnOff(exception.Message);
            return ClaimAttempt.Unclaimed;
        }
    }

    private ClaimAttempt TryTakeNamed(string name, CancellationToken cancellation)
    {
        SeenClaim? before = store.Read(name, cancellation);
        if (before is { Claim: not { IsReleased: true } })
        {
            switch (watch.Look(name, before))
            {
                case Liveness.Alive:
                    return ClaimAttempt.Alive;
                case Liveness.Unknown:
                    return ClaimAttempt.Doubtful;
            }
        }

        var claim = new Claim(RandomNumberGenerator.GetHexString(OwnerLength, lowercase: true), 0, IsReleased: false);
        store.Write(name, claim, before, cancellation);
        SeenClaim after = store.Read(name, cancellation)
            ?? throw new InvalidDataException("what is written there is not there afterwards");
        return after.Claim == claim ? ClaimAttempt.Ours(new HeldClaim(store, name, claim, Interval, TurnOff))
            : after.IsSame(before) ? throw new InvalidDataException("what is there cannot be replaced")
            : ClaimAttempt.Doubtful;
    }

    private void TurnOff(string reason)
    {
        lock (gate)
        {
            if (isOn)
            {
                isOn = false;
                report(PipelineDiagnostics.RemoteCacheUnavailable.At(
                    null,
                    $"the remote cache {options.Address} does not take claims, so another worker may compute the same "
                    + $"as this one: {reason.TrimEnd('.')}"));
            }
        }
    }
}
