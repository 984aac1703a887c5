using SparseLlm.Pipeline.Executors.Slurm;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pipeline.Building;

/// <summary>How a recipe is built.</summary>
internal sealed record BuildOptions
{
    /// <summary>The artifacts to make; empty for all.</summary>
    public IReadOnlyCollection<string> Artifacts { get; init; } = [];

    /// <summary>Hold inputs and results against the lock file, and leave it as it is.</summary>
    public bool IsLocked { get; init; }

    /// <summary>How much memory activations may take; null for what the recipe says.</summary>
    public MemoryBudget? Memory { get; init; }

    /// <summary>How what is missing is handed to Slurm; null where it is computed here.</summary>
    public SlurmOptions? Slurm { get; init; }

    /// <summary>What to do where something would have to be computed.</summary>
    public CacheMissPolicy OnCacheMiss { get; init; } = CacheMissPolicy.Build;
}
