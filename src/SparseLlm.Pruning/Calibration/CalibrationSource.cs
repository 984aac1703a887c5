using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Calibration;

/// <summary>Calibration data: which text, and how windows are cut from it.</summary>
/// <param name="Text">Its files.</param>
/// <param name="Settings">Number, length and choice of windows.</param>
/// <param name="Location">Who named it, for messages.</param>
public sealed record CalibrationSource(TextSource Text, CalibrationSettings Settings, SourceLocation Location);
