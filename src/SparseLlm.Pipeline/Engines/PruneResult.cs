using SparseLlm.Numerics;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pipeline.Engines;

/// <summary>What came of pruning a model, its tensors aside, which are written.</summary>
/// <param name="Layers">The decoder layers, without values.</param>
/// <param name="Calibration">The calibration windows, if the method looked at any.</param>
/// <param name="SpilledBytes">What was written to a temporary file for want of memory.</param>
/// <param name="PeakMemory">The most memory that the engine's process had held by then, in bytes, if the system
/// tells.</param>
internal sealed record PruneResult(
    IReadOnlyList<PrunedLayer> Layers,
    CalibrationWindows? Calibration,
    long SpilledBytes,
    long? PeakMemory)
{
    /// <summary>By decoder layer, the places of the experts that stayed; null where none were dropped.</summary>
    public IReadOnlyList<IReadOnlyList<int>?>? Experts { get; init; }

    /// <summary>How the tuning of all layers together went; null where they were not.</summary>
    public GlobalReport? Global { get; init; }

    /// <summary>The GPUs that computed; none where the processor did.</summary>
    public IReadOnlyList<Gpu> Gpus { get; init; } = [];
}

/// <summary>The calibration windows that a prune looked at.</summary>
/// <param name="Count">How many.</param>
/// <param name="SequenceLength">Tokens in each.</param>
internal sealed record CalibrationWindows(int Count, int SequenceLength);
