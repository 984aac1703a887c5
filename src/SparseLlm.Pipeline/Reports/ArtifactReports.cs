using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Exports;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary>The reports in an artifact's directory, and what else there says no more than its manifest.</summary>
internal static class ArtifactReports
{
    /// <summary>Whether they are there and say what they should.</summary>
    public static bool AreCurrent(ArtifactManifest manifest, IReadOnlyList<GateRecipe> gates, string directory) =>
        Render(manifest, gates).All(file => ReportFile.Says(Path.Combine(directory, file.Name), file.Content));

    /// <summary>Writes those that do not say so already.</summary>
    /// <param name="manifest">What they are about.</param>
    /// <param name="gates">What must hold of it.</param>
    /// <param name="directory">The artifact's directory.</param>
    public static void Write(ArtifactManifest manifest, IReadOnlyList<GateRecipe> gates, string directory)
    {
        foreach ((string name, string content) in Render(manifest, gates))
        {
            ReportFile.Write(Path.Combine(directory, name), content);
        }
    }

    private static (string Name, string Content)[] Render(ArtifactManifest manifest, IReadOnlyList<GateRecipe> gates)
    {
        IReadOnlyList<GateResult> results = GateResult.Of(gates, manifest);
        (string, string)[] reports = [(ArtifactFiles.Summary, ArtifactSummary.Format(
            manifest,
            results)), (ArtifactFiles.Report, ArtifactPage.Render(manifest, results))];
        return OllamaModelfile.Render(manifest) is { } modelfile
            ? [.. reports, (ArtifactFiles.Modelfile, modelfile)]
            : reports;
    }
}
