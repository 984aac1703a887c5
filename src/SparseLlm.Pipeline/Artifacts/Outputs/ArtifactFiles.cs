namespace SparseLlm.Pipeline.Artifacts.Outputs;

/// <summary>Which files of an artifact's directory the tool has written. All others there are the user's.</summary>
internal static class ArtifactFiles
{
    /// <summary>The page that a person looks at.</summary>
    public const string Report = "report.html";

    /// <summary>The page that a person reads.</summary>
    public const string Summary = "summary.md";

    /// <summary>What Ollama makes a model of its own from, beside GGUF files.</summary>
    public const string Modelfile = "Modelfile";

    /// <summary>The files of an artifact, relative to its directory, with <c>/</c> between folders.</summary>
    /// <param name="modelFiles">The files of its model.</param>
    /// <param name="exports">The files of other formats.</param>
    public static IReadOnlySet<string> Of(IEnumerable<string> modelFiles, IReadOnlyCollection<string> exports) =>
        new HashSet<string>(
            [.. modelFiles, .. exports, .. exports.Count == 0 ? [] : (string[])[Modelfile]])
        {
            ArtifactManifest.FileName, Report, Summary,
        };

    /// <summary>The files of the artifact with this manifest.</summary>
    public static IReadOnlySet<string> Of(ArtifactManifest manifest)
        => Of(manifest.StoredFiles, [.. manifest.Exports.SelectMany(export => export.Files).Select(file => file.Name)]);

    /// <summary>The files of the artifact in a directory, by its manifest; null where there is none.</summary>
    public static IReadOnlySet<string>? In(string directory)
        => ArtifactManifest.FilesIn(directory) is var (model, exports) ? Of(model, exports) : null;
}
