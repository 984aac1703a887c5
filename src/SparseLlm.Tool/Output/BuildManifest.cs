using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Tool.Output;

/// <summary>
/// What a build system needs to know of a run, as plain lines, so that a target can read it without a parser:
/// <c>PATH.inputs</c> lists the files that were read, <c>PATH.outputs</c> those that were written (relative to the
/// output directory), <c>PATH.artifacts</c> has a line for each artifact: name, sparsity, perplexities, digest, recipe
/// and encoding, with tabs between; <c>PATH.exports</c> one for each GGUF file: file, format, type, artifact, sparsity,
/// digest and recipe;
/// <c>PATH.sources</c> lists what was read of the hub, and the lock file that says which state of it;
/// <c>PATH.warnings</c> has what is to be said again by a build that finds everything up to date. These are of a run
/// that succeeded. Of every run are
/// <c>PATH.written</c>, the files that this one and those before it have written, and <c>PATH.summary</c>, the page
/// that compares the artifacts and, behind a tab, how they do.
/// </summary>
/// <param name="path">Where, without the endings.</param>
/// <param name="output">The output directory of the build.</param>
internal sealed class BuildManifest(string path, string output)
{
    /// <summary>Notes what is written as soon as it is: whatever becomes of the run, somebody can clean up behind
    /// it.</summary>
    /// <param name="progress">Is told everything too.</param>
    public IProgress<BuildProgress> Noting(IProgress<BuildProgress> progress) => new Notes(this, progress);

    /// <summary>Writes the lists of a run that succeeded.</summary>
    /// <param name="build">The build.</param>
    /// <param name="warnings">The warnings of the recipe itself.</param>
    /// <exception cref="DiagnosticException">They cannot be written.</exception>
    public void Write(RecipeBuild build, IReadOnlyList<Diagnostic> warnings) => Guard(() =>
    {
        File.WriteAllLines(path + ".inputs", Listable(build.Inputs));
        File.WriteAllLines(path + ".outputs", Listable([.. build.Outcomes.SelectMany(Files), .. build.Reports]));
        File.WriteAllLines(path + ".sources", Listable(build.SourceFiles));
        File.WriteAllLines(
            path + ".warnings",
            ((IEnumerable<Diagnostic>)[.. warnings, .. build.Warnings]).Select(warning => warning.ToString()));
        File.WriteAllLines(path + ".artifacts", build.Outcomes.Select(outcome => Describe(outcome, build.Inputs[0])));
        File.WriteAllLines(path + ".exports", build.Outcomes.SelectMany(
            outcome => outcome.Manifest.Exports.Select(export => Describe(outcome, export, build.Inputs[0]))));
    });

    /// <summary>Writes where the summary of a run is that made all artifacts, whether they miss gates or not.</summary>
    /// <exception cref="DiagnosticException">It cannot be written.</exception>
    public void WriteSummary(RecipeBuild build) => Guard(() =>
    {
        GateResult[] gates = [.. build.Outcomes.SelectMany(outcome => outcome.Gates)];
        int missed = gates.Count(gate => !gate.IsMet);
        string verdict = gates.Length == 0 ? "" : missed > 0
            ? $", {missed} of {Count(gates.Length, "gate")} missed"
            : $", {Count(gates.Length, "gate")} met";
        File.WriteAllLines(path + ".summary", [$"{build.Reports[0]}\t{Count(build.Outcomes.Count, "model")}{verdict}"]);
        Note([.. build.Reports]);
    });

    private static string Count(int number, string name)
        => string.Create(CultureInfo.InvariantCulture, $"{number} {name}{(number == 1 ? "" : "s")}");

    private void Note(IReadOnlyList<string> files)
    {
        string list = path + ".written";
        HashSet<string> known = File.Exists(list) ? [.. File.ReadAllLines(list)] : [];
        File.AppendAllLines(list, files.Select(file => Path.GetFullPath(Path.Combine(output, file)))
            .Where(file => !file.Any(char.IsControl) && known.Add(file)));
    }

    private void Guard(Action write)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(
                new SourceLocation(path),
                $"the artifacts were made, but the lists for the build system cannot be written: "
                        + $"{exception.Message}", exception);
        }
    }

    /// <summary>A list of lines cannot hold a name with a line break, of which a build system would make two.</summary>
    private static IReadOnlyList<string> Listable(IReadOnlyList<string> paths)
        => paths.FirstOrDefault(path => path.Any(char.IsControl)) is { } path
        ? throw ToolDiagnostics.UnlistablePath.Error(
            new SourceLocation(path),
            "there is a control character in this path, which cannot be told to a build system; rename the file")
        : paths;

    private IReadOnlyList<string> Files(ArtifactOutcome outcome) =>
    [
        .. ArtifactFiles.Of(outcome.Manifest)
            .Select(file => Path.GetRelativePath(output, Path.Combine(outcome.Directory, file)).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    private static string Describe(ArtifactOutcome outcome, string recipe)
    {
        ArtifactManifest manifest = outcome.Manifest;
        string perplexities = string.Join(
            ',',
            manifest.Perplexity.Select(
                entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key}={entry.Value.Pruned:0.000}")));
        return string.Join(
            '\t', outcome.Name, Sparsity(manifest), perplexities, manifest.Digest, recipe, manifest.Encoding.Name());
    }

    private static string Describe(ArtifactOutcome outcome, ExportReport export, string recipe) => string.Join(
        '\t', $"{outcome.Name}/{export.File}", export.Format, export.Type,
            outcome.Name, Sparsity(outcome.Manifest), export.Digest, recipe);

    private static string Sparsity(ArtifactManifest manifest)
        => manifest.Sparsity.ToString("0.######", CultureInfo.InvariantCulture);

    private sealed class Notes(BuildManifest lists, IProgress<BuildProgress> progress) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value)
        {
            if (value is ArtifactDone done)
            {
                lists.Guard(() => lists.Note(lists.Files(done.Outcome)));
            }

            progress.Report(value);
        }
    }
}
