using NuGet.Versioning;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes;

/// <summary>A <c>pruning.yaml</c>, read, checked and resolved: what to prune, how, and what must hold of the result.</summary>
/// <param name="Path">The recipe file.</param>
/// <param name="Requires">Tool versions that may run it, if it says.</param>
/// <param name="Model">Absolute path of the Hugging Face directory.</param>
/// <param name="ModelLocation">Where the recipe names the model.</param>
/// <param name="Calibration">The calibration data; null if no artifact needs any.</param>
/// <param name="Perplexities">The texts to measure perplexity on, in the order of the file.</param>
/// <param name="Artifacts">What to make, matrices expanded, in the order of the file.</param>
public sealed record Recipe(
    string Path,
    VersionRange? Requires,
    string Model,
    SourceLocation ModelLocation,
    CalibrationRecipe? Calibration,
    IReadOnlyList<PerplexityRecipe> Perplexities,
    IReadOnlyList<ArtifactRecipe> Artifacts);

/// <summary>The calibration data.</summary>
/// <param name="Text">Its files.</param>
/// <param name="Settings">How windows are cut from it.</param>
/// <param name="Location">Where the recipe names it.</param>
public sealed record CalibrationRecipe(TextSource Text, CalibrationSettings Settings, SourceLocation Location);

/// <summary>A text to measure perplexity on.</summary>
/// <param name="Name">Its name in metrics and gates.</param>
/// <param name="Text">Its files.</param>
/// <param name="SequenceLength">Tokens per window; null for the smaller of 2048 and the model's maximum.</param>
/// <param name="Location">Where the recipe names it.</param>
public sealed record PerplexityRecipe(string Name, TextSource Text, int? SequenceLength, SourceLocation Location);

/// <summary>One pruned model to make.</summary>
/// <param name="Name">Its name; the folder it is written to.</param>
/// <param name="Pattern">How sparse, where no rule says otherwise.</param>
/// <param name="Settings">The method and its settings, preset and defaults applied.</param>
/// <param name="Rules">Exceptions by tensor name; the first match wins.</param>
/// <param name="Gates">What must hold of the result.</param>
/// <param name="Location">Where the recipe names it.</param>
public sealed record ArtifactRecipe(
    string Name,
    SparsityPattern Pattern,
    PruningSettings Settings,
    IReadOnlyList<RuleRecipe> Rules,
    IReadOnlyList<GateRecipe> Gates,
    SourceLocation Location);

/// <summary>An exception for the tensors that a glob matches.</summary>
/// <param name="Match">A glob over tensor names: <c>*</c> for any run of characters, <c>?</c> for one.</param>
/// <param name="Pattern">How sparse; null to keep the tensor dense.</param>
/// <param name="Location">Where the recipe says so.</param>
public sealed record RuleRecipe(string Match, SparsityPattern? Pattern, SourceLocation Location);

/// <summary>A limit on the perplexity of the result. A miss is a build error.</summary>
/// <param name="Perplexity">The name of the perplexity it is about.</param>
/// <param name="MaxIncrease">The largest increase relative to the dense model (0.25 for 25 %), or null.</param>
/// <param name="Max">The largest perplexity, or null.</param>
/// <param name="Location">Where the recipe says so.</param>
public sealed record GateRecipe(string Perplexity, double? MaxIncrease, double? Max, SourceLocation Location);
