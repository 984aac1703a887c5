namespace SparseLlm.Recipes;

/// <summary>What a recipe asks of Slurm for each of its units of work; what is null is as the cluster has it.</summary>
public sealed record SlurmChoice
{
    /// <summary>The partition (<c>--partition</c>).</summary>
    public string? Partition { get; init; }

    /// <summary>How long a unit may run (<c>--time</c>), as Slurm writes times.</summary>
    public string? Time { get; init; }

    /// <summary>Other resources (<c>--gres</c>), such as <c>gpu:1</c>.</summary>
    public string? Gres { get; init; }

    /// <summary>Memory of a unit (<c>--mem</c>).</summary>
    public string? Memory { get; init; }

    /// <summary>Processors of a unit (<c>--cpus-per-task</c>).</summary>
    public int? Cpus { get; init; }

    /// <summary>More options of <c>sbatch</c>, one by one.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>How long a unit may run; null where nothing is said.</summary>
    public TimeSpan? TimeLimit => Time is null ? null : SlurmTime.Parse(Time);
}
