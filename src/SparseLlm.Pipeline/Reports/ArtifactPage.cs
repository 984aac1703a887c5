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
        manifest.Artifact ?? $"{manifest.Model.Name}, pruned",
        Html.Of($"{manifest.Model.Name} ({manifest.Model.Architecture}) pruned by {MethodName.Of(manifest)} to "
            + $"{manifest.Pattern}: <strong>{Figures.Share(manifest.Sparsity)}</strong> of the weights in "
            + $"{manifest.Tensors.Count} matrices are "
            + $"zero{(manifest.ModelSparsity is { } whole ? Html.Of($", <strong>{Figures.Share(whole)}</strong> of the whole model") : Html.Empty)}.{(manifest.ExpertsKept is { } kept ? Html.Of($" <strong>{kept}</strong> experts stay in each mixture; {ArtifactManifest.FileName} lists them.") : Html.Empty)}"),
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
}
