using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pipeline.Engines;

/// <summary>One prune for an engine.</summary>
/// <param name="Model">The directory of the dense model.</param>
/// <param name="Request">What to make of it.</param>
/// <param name="Keys">The keys of the steps.</param>
/// <param name="Inputs">The files that the keys stand for.</param>
/// <param name="Directory">An empty directory to write the pruned model to.</param>
/// <param name="Memory">How much memory activations may take.</param>
internal sealed record PruneJob(
    string Model,
    PruneRequest Request,
    StepKeys Keys,
    InputStamps Inputs,
    string Directory,
    MemoryBudget Memory)
{
    /// <summary>What to do where nothing may be pruned.</summary>
    internal const string BuildElsewhere = "Build it where that is allowed and push it to the cache";

    /// <summary>Whether layers may be pruned; where they may not, it is an error if one is not in the cache.</summary>
    public bool MayPrune { get; init; } = true;

    /// <summary>The part of the calibration windows that this process takes, where several prune the model together.
    /// Layers come into the cache then, and no model is written. Null where it prunes alone.</summary>
    public WindowPart? Part { get; init; }

    /// <summary>Whether several prunes of the model are to be expected, so that what they have in common is worth its
    /// memory.</summary>
    public bool ExpectsMore { get; init; }
}
