using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Methods;

namespace SparseLlm.Pipeline.Running;

/// <summary>What came of pruning a model, its tensors aside, which are written.</summary>
/// <param name="Layers">The decoder layers, without values.</param>
/// <param name="Tokens">The calibration windows, if the method looked at any.</param>
/// <param name="SpilledBytes">What was written to a temporary file for want of memory.</param>
internal sealed record PruneResult(IReadOnlyList<PrunedLayer> Layers, CalibrationTokens? Tokens, long SpilledBytes);
