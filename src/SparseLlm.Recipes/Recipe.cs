using NuGet.Versioning;
using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Recipes;

/// <summary>A <c>pruning.yaml</c>, read, checked and resolved: what to prune, how, and what must hold of the
/// result.</summary>
/// <param name="Path">The absolute path of the recipe file; locations name it as the caller did.</param>
/// <param name="Requires">Tool versions that may run it, if it says.</param>
/// <param name="Model">Absolute path of the Hugging Face directory; an address of the hub until that is
/// fetched.</param>
/// <param name="ModelLocation">Where the recipe names the model.</param>
/// <param name="Calibration">The calibration data; null if the recipe has none, as it may if every method is
/// magnitude.</param>
/// <param name="Perplexities">The texts to measure perplexity on, in the order of the file.</param>
/// <param name="Artifacts">What to make, matrices expanded, in the order of the file.</param>
/// <param name="Engine">What computes.</param>
/// <param name="Memory">Memory for activations; null for <see cref="MemoryBudget.Default"/>.</param>
public sealed record Recipe(
    string Path,
    VersionRange? Requires,
    string Model,
    SourceLocation ModelLocation,
    CalibrationSource? Calibration,
    IReadOnlyList<PerplexityText> Perplexities,
    IReadOnlyList<ArtifactRecipe> Artifacts,
    EngineChoice Engine,
    MemoryBudget? Memory = null)
{
    /// <summary>What it asks of Slurm; null where a build computes where it runs.</summary>
    public SlurmChoice? Slurm { get; init; }

    /// <summary>The model as the recipe names it, which is another place where the recipe lies elsewhere.</summary>
    public string ModelAsWritten { get; init; } = "";

    /// <summary>The globs by which it names texts, absolute: a file that comes to match one is a new input.</summary>
    public IReadOnlyList<string> Globs { get; init; } = [];

    /// <summary>What it names of the hub, once that is fetched.</summary>
    public IReadOnlyList<HubSource> Sources { get; init; } = [];
}
