using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Reading;

/// <summary>The preset that the recipe names.</summary>
internal sealed record PresetChoice(Preset Preset, SourceLocation Location);
