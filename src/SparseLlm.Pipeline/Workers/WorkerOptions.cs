using SparseLlm.Pipeline.Engines;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pipeline.Workers;

/// <summary>What a worker is to do.</summary>
/// <param name="Share">Which units it begins with, and whether it takes others'.</param>
internal sealed record WorkerOptions(WorkShare Share)
{
    /// <summary>The artifacts whose units these are; empty for all.</summary>
    public IReadOnlyCollection<string> Artifacts { get; init; } = [];

    /// <summary>The folder for the status of units; null where nobody watches.</summary>
    public string? Run { get; init; }

    /// <summary>How long it may run; null for as long as it takes.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Whether a result counts only once it is in the remote cache: this machine's goes with it.</summary>
    public bool RequiresRemote { get; init; }

    /// <summary>The part of an artifact's calibration windows that this worker takes, where several prune one together;
    /// null where each has artifacts of its own.</summary>
    public WindowPart? Part { get; init; }

    /// <summary>How much memory activations may take; null for what the recipe says.</summary>
    public MemoryBudget? Memory { get; init; }
}
