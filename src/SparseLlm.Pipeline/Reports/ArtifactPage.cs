using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pipeline.Reports.Provenance;
using SparseLlm.Pipeline.Reports.Sections;

namespace SparseLlm.Pipeline.Reports;

/// <summary><c>report.html</c>: an artifact in a page that a person looks at. It says nothing that <c>pruning.json</c>
/// and the gates do not.</summary>
internal static class ArtifactPage
{
    /// <summary>The page.</summary>
    public static string Render(ArtifactManifest manifest, IReadOnlyList<GateResult> gates) => new Page(
        manifest.Artifact ?? $"{manifest.Model.Name}, {Treatment.Of(manifest)}",
        Html.Of($"{manifest.Model.Name} ({manifest.Model.Architecture}) "
            + $"{Treatment.Of(manifest, MethodName.Of(manifest))}: "
            + $"{(manifest.IsOnlyQuantized ? Codes(manifest) : Zeros(manifest))}.{Experts(manifest)}"),
        [
            PerplexitySection.Of(manifest, gates),
            LayersSection.Of(manifest),
            MasksSection.Of(manifest),
            TroubleSection.OfSweeps(manifest),
            GuardSection.Of(manifest),
            GlobalSection.Of(manifest),
            TroubleSection.OfFallbacks(manifest),
            TroubleSection.OfExports(manifest),
            CostSection.Of(manifest),
            ProvenanceSection.Of(manifest),
            ProvenanceSection.Again(manifest),
        ],
        Html.Of(
            $"Written by SparseLlm.Build {manifest.ToolVersion}. The same for programs: {ArtifactManifest.FileName}."))
                .Render();

    private static Html Zeros(ArtifactManifest manifest) => Html.Of(
        $"<strong>{Figures.Share(manifest.Sparsity)}</strong> of the weights in {manifest.Tensors.Count} matrices are "
        + $"zero{(manifest.ModelSparsity is { } whole ? Html.Of($", <strong>{Figures.Share(whole)}</strong> of the whole model") : Html.Empty)}");

    private static Html Codes(ArtifactManifest manifest) => Html.Of(
        $"the weights in {manifest.Tensors.Count} matrices are codes, and none was pruned; "
        + $"{Figures.Share(manifest.Sparsity)} of the codes are zero");

    private static Html Experts(ArtifactManifest manifest) => manifest.ExpertsKept is { } kept
        ? Html.Of($" <strong>{kept}</strong> experts stay in each mixture; {ArtifactManifest.FileName} lists them.")
        : Html.Empty;
}
