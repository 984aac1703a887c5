using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Recipes;

/// <summary>The calibration data.</summary>
/// <param name="Text">Its files.</param>
/// <param name="Settings">How windows are cut from it.</param>
/// <param name="Location">Where the recipe names it.</param>
public sealed record CalibrationRecipe(TextSource Text, CalibrationSettings Settings, SourceLocation Location);
