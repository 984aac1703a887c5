using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary>An artifact of a recipe and what became of it.</summary>
/// <param name="Artifact">The artifact.</param>
/// <param name="Manifest">Its manifest; null where it was not made, or not as the recipe has it now.</param>
internal sealed record ArtifactResult(ArtifactRecipe Artifact, ArtifactManifest? Manifest)
{
    /// <summary>Its gates.</summary>
    public IReadOnlyList<GateResult> Gates => Manifest is null ? [] : GateResult.Of(Artifact.Gates, Manifest);
}
