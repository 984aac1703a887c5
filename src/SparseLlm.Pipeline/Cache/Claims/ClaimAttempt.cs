namespace SparseLlm.Pipeline.Cache.Claims;

/// <summary>What came of claiming a unit of work.</summary>
internal sealed record ClaimAttempt
{
    private ClaimAttempt()
    {
    }

    /// <summary>There are no claims, so nobody is kept from it.</summary>
    public static ClaimAttempt Unclaimed { get; } = Ours(NoLock.Instance);

    /// <summary>Another has it, and is at work.</summary>
    public static ClaimAttempt Alive { get; } = new() { IsAlive = true };

    /// <summary>Another has it, who may be dead; whoever looks again and again knows after a lease.</summary>
    public static ClaimAttempt Doubtful { get; } = new();

    /// <summary>Releases it; null where another has it.</summary>
    public IDisposable? Hold { get; private init; }

    /// <summary>Whether another has it, and is at work.</summary>
    public bool IsAlive { get; private init; }

    /// <summary>It is ours.</summary>
    public static ClaimAttempt Ours(IDisposable hold) => new() { Hold = hold };
}
