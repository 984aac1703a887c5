using System.Globalization;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Running;

namespace SparseLlm.Tool.Output;

/// <summary>
/// What a build system needs to know of a run, as plain lines, so that a target can read it without a parser:
/// <c>PATH.inputs</c> lists the files that were read, <c>PATH.outputs</c> those that were written (relative to the output
/// directory), <c>PATH.artifacts</c> has a line for each artifact: name, sparsity, perplexities, digest and recipe, with tabs between.
/// </summary>
internal static class BuildManifest
{
    /// <summary>Writes the three lists.</summary>
    public static void Write(string path, RecipeBuild build, string output, IReadOnlyList<ArtifactOutcome> outcomes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllLines(path + ".inputs", build.Inputs);
        File.WriteAllLines(path + ".outputs", [.. outcomes.SelectMany(outcome => Files(output, outcome)), .. build.Reports]);
        File.WriteAllLines(path + ".artifacts", outcomes.Select(outcome => Describe(outcome, build.Inputs[0])));
    }

    private static IEnumerable<string> Files(string output, ArtifactOutcome outcome) =>
        ArtifactFiles.Of(outcome.Manifest)
            .Select(file => Path.GetRelativePath(output, Path.Combine(outcome.Directory, file)).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    private static string Describe(ArtifactOutcome outcome, string recipe)
    {
        ArtifactManifest manifest = outcome.Manifest;
        string perplexities = string.Join(',', manifest.Perplexity.Select(
            entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key}={entry.Value.Pruned:0.000}")));
        return string.Join(
            '\t', outcome.Name, manifest.Sparsity.ToString("0.######", CultureInfo.InvariantCulture), perplexities, manifest.Digest, recipe);
    }
}
