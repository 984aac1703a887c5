using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Running;

namespace SparseLlm.Tool.Output;

/// <summary>
/// What a build system needs to know of a run, as plain lines, so that a target can read it without a parser:
/// <c>PATH.inputs</c> lists the files that were read, <c>PATH.outputs</c> those that were written (relative to the output
/// directory), <c>PATH.artifacts</c> has a line for each artifact: name, sparsity, perplexities, digest and recipe, with tabs between;
/// <c>PATH.warnings</c> has what is to be said again by a build that finds everything up to date.
/// </summary>
internal static class BuildManifest
{
    /// <summary>Writes the lists.</summary>
    /// <param name="path">Where, without the endings.</param>
    /// <param name="build">The build.</param>
    /// <param name="output">Its output directory.</param>
    /// <param name="outcomes">What it made.</param>
    /// <param name="warnings">The warnings of the recipe itself.</param>
    /// <exception cref="DiagnosticException">They cannot be written.</exception>
    public static void Write(string path, RecipeBuild build, string output, IReadOnlyList<ArtifactOutcome> outcomes, IReadOnlyList<Diagnostic> warnings)
    {
        try
        {
            WriteLists(path, build, output, outcomes, warnings);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(
                new SourceLocation(path), $"the artifacts were made, but the lists for the build system cannot be written: {exception.Message}", exception);
        }
    }

    private static void WriteLists(string path, RecipeBuild build, string output, IReadOnlyList<ArtifactOutcome> outcomes, IReadOnlyList<Diagnostic> warnings)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllLines(path + ".inputs", Listable(build.Inputs));
        File.WriteAllLines(path + ".outputs", Listable([.. outcomes.SelectMany(outcome => Files(output, outcome)), .. build.Reports]));
        File.WriteAllLines(path + ".warnings", ((IEnumerable<Diagnostic>)[.. warnings, .. build.Warnings]).Select(warning => warning.ToString()));
        File.WriteAllLines(path + ".artifacts", outcomes.Select(outcome => Describe(outcome, build.Inputs[0])));
    }

    /// <summary>A list of lines cannot hold a name with a line break, of which a build system would make two.</summary>
    private static IReadOnlyList<string> Listable(IReadOnlyList<string> paths) => paths.FirstOrDefault(path => path.Any(char.IsControl)) is { } path
        ? throw ToolDiagnostics.UnlistablePath.Error(new SourceLocation(path), "there is a control character in this path, which cannot be told to a build system; rename the file")
        : paths;

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
