namespace SparseLlm.Pipeline.Cache.Remote.Claims;

/// <summary>
/// Tells dead owners of claims from living ones. The clocks of machines may be hours apart, so no time is ever compared
/// with that of another: what counts is how long a claim has not changed before the eyes of this process.
/// </summary>
internal sealed class ClaimWatch(TimeSpan lease, TimeProvider clock)
{
    private readonly Dictionary<string, Sight> sights = [];

    /// <summary>Looks at a claim.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="seen">How it is now.</param>
    public Liveness Look(string name, SeenClaim seen)
    {
        long now = clock.GetTimestamp();
        Sight? last = sights.GetValueOrDefault(name);
        bool isSame = seen.IsSame(last?.Claim);
        sights[name] = new Sight(seen, isSame ? last!.Since : now, now);
        return (last, isSame) switch
        {
            (null, _) => Liveness.Unknown,
            (_, true) => clock.GetElapsedTime(last.Since, now) >= lease ? Liveness.Dead : Liveness.Unknown,

            // It changed at some time since the last look, which may have been long ago.
            _ => clock.GetElapsedTime(last.At, now) <= lease ? Liveness.Alive : Liveness.Unknown,
        };
    }

    /// <summary>The last look at a claim.</summary>
    /// <param name="Claim">How it was.</param>
    /// <param name="Since">When it was first seen so.</param>
    /// <param name="At">When it was last looked at.</param>
    private sealed record Sight(SeenClaim Claim, long Since, long At);
}
