namespace SparseLlm.Models;

/// <summary>What a model is called by the directory that it is in.</summary>
public static class ModelName
{
    /// <summary>How the names of repositories in the hub's cache begin that hold models.</summary>
    internal const string Repositories = "models--";

    private const string Snapshots = "snapshots";

    /// <summary>The directory's name; of a snapshot in the hub's cache, <c>models--owner--name/snapshots/commit</c>,
    /// the name that the repository has.</summary>
    public static string Of(string directory)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        string? snapshots = Path.GetDirectoryName(path);
        string repository = Path.GetFileName(Path.GetDirectoryName(snapshots)) ?? "";
        return Path.GetFileName(snapshots) == Snapshots
            && repository.StartsWith(Repositories, StringComparison.Ordinal)
            ? repository[(repository.LastIndexOf("--", StringComparison.Ordinal) + 2)..]
            : Path.GetFileName(path);
    }
}
