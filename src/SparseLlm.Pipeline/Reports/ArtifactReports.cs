using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary>The reports in an artifact's directory.</summary>
internal static class ArtifactReports
{
    /// <summary>Writes those that do not say so already.</summary>
    /// <param name="manifest">What they are about.</param>
    /// <param name="gates">What must hold of it.</param>
    /// <param name="directory">The artifact's directory.</param>
    public static void Write(ArtifactManifest manifest, IReadOnlyList<GateRecipe> gates, string directory)
    {
        IReadOnlyList<GateResult> results = GateResult.Of(gates, manifest);
        ReportFile.Write(Path.Combine(directory, ArtifactSummary.FileName), ArtifactSummary.Format(manifest, results));
        ReportFile.Write(Path.Combine(directory, ArtifactPage.FileName), ArtifactPage.Render(manifest, results));
    }
}
