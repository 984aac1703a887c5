using SparseLlm.Hub;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Gguf;

namespace SparseLlm.Pipeline.Sources;

/// <summary>Which files of a repository are needed: it may hold the same weights in five formats.</summary>
internal static class NeededFiles
{
    /// <summary>The index of a model's weights; none where it has none, or one file of weights.</summary>
    public static IEnumerable<HubFile> Index(IReadOnlyList<HubFile> files)
        => MainFile(files) is { } main && IsIndex(main) ? files.Where(file => file.Path == main) : [];

    /// <summary>The files of a model that are not its weights.</summary>
    public static IEnumerable<HubFile> BesideWeights(IReadOnlyList<HubFile> files) =>
        files.Where(file => CompanionFiles.MayBelong(file.Path) || file.Path == GgufExport.CardName
            || file.Path == Checkpoint.EncodingFileName);

    /// <summary>The files of a model that hold its weights, and their index; none where it has none in a form that can
    /// be read.</summary>
    /// <param name="files">Those of its repository.</param>
    /// <param name="directory">Where the index is by now, if there is one.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The index breaks its format.</exception>
    public static IEnumerable<HubFile> Weights(IReadOnlyList<HubFile> files, string directory)
    {
        string? main = MainFile(files);
        HashSet<string> names = main is null ? [] : IsIndex(main) ? [.. Checkpoint.Files(directory)] : [main];
        return files.Where(file => names.Contains(file.Path));
    }

    private static string? MainFile(IReadOnlyList<HubFile> files)
        => Checkpoint.MainFiles.FirstOrDefault(name => files.Any(file => file.Path == name));

    private static bool IsIndex(string name) => name.EndsWith(".json", StringComparison.Ordinal);
}
