using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Units;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>Runs whose build never came back for them: what their folders hold is of no use once their jobs have
/// ended.</summary>
internal static class EndedRuns
{
    // Whoever looks for a log does so within days.
    private static readonly TimeSpan Age = TimeSpan.FromDays(7);

    /// <summary>Their folders in a cache; none where Slurm cannot be asked for jobs.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="cancellation">Stops waiting for Slurm.</param>
    /// <exception cref="Diagnostics.DiagnosticException">Caching is turned off.</exception>
    public static IReadOnlyList<string> Folders(BuildCache cache, CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, string> unused = RunFolder.Unused(cache.RequireStore().Runs, Age);
        return unused.Count > 0 && SlurmQueue.Active([.. unused.Keys], cancellation) is { } active
            ? [.. unused.Where(run => !active.Contains(run.Key)).Select(run => run.Value)]
            : [];
    }
}
