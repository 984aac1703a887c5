namespace SparseLlm.Tool;

/// <summary>What the process returns.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Failed; a missed gate is a failure.</summary>
    public const int Failed = 1;

    /// <summary>The command line, the recipe or a text is wrong.</summary>
    public const int Usage = 2;

    /// <summary>An artifact is stale, where that was asked.</summary>
    public const int Stale = 3;

    /// <summary>An artifact would have to be computed, where that is not allowed.</summary>
    public const int WouldCompute = 4;

    /// <summary>Cancelled because the terminal has gone (SIGHUP).</summary>
    public const int HungUp = 129;

    /// <summary>Cancelled by Ctrl+C.</summary>
    public const int Interrupted = 130;

    /// <summary>Cancelled by SIGTERM.</summary>
    public const int Terminated = 143;
}
