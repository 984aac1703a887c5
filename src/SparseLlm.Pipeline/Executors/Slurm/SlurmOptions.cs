using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>How units are handed to Slurm.</summary>
/// <param name="Choice">What is asked of Slurm for a unit.</param>
/// <param name="Worker">The command line that works on a unit, without the unit and the folder of the run; every path
/// in it is the same on the nodes.</param>
internal sealed record SlurmOptions(SlurmChoice Choice, IReadOnlyList<string> Worker)
{
    /// <summary>How many workers do a unit together, each with some of the calibration windows.</summary>
    public int WorkersPerUnit { get; init; } = 1;

    /// <summary>How often a unit that fails is submitted again, unless something else is asked for.</summary>
    public const int DefaultRetries = 1;

    /// <summary>How many units may run at a time; null for as many as fit.</summary>
    public int? MaximumParallel { get; init; }

    /// <summary>How often a unit that fails is submitted again.</summary>
    public int Retries { get; init; } = DefaultRetries;

    /// <summary>Whether jobs are cancelled with the build; else they go on, and the next build finds them.</summary>
    public bool CancelsJobs { get; init; }

    /// <summary>Whether one job shows that the nodes can do what they need to, before there are others.</summary>
    public bool Probes { get; init; }

    /// <summary>Between two looks at the jobs.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long Slurm's controller may not answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);
}
