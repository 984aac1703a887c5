using System.IO.Enumeration;
using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>Which model directory somebody means who names something beside it: a file in it, a folder around it, a
/// repository of the hub's cache.</summary>
public static partial class MeantModel
{
    private const string Config = "config.json";
    private const string Snapshots = "snapshots";
    private const string Home = "~";
    private const string Gguf = ".gguf";

    // Deep enough for models/owner/name, and no walk through a disk.
    private const int MostLevels = 3;
    private const int MostFolders = 2000;
    private const int MostNamed = 3;
    private const int LongestReference = 100;

    /// <summary>Whether a file is one of a model in a directory.</summary>
    public static bool IsFileOf(string path) =>
        File.Exists(path) && (Path.GetFileName(path) == Config || Checkpoint.HoldsTensors(path)
            || path.EndsWith(".json", StringComparison.Ordinal)) && IsModel(DirectoryOf(path));

    /// <summary>What is wrong with a path that is no model directory, and what to name instead; null where it is a
    /// directory, and none is found in it.</summary>
    /// <param name="path">The path.</param>
    /// <param name="written">The path as the user wrote it.</param>
    public static string? Hint(string path, string written)
    {
        try
        {
            return Directory.Exists(path)
                ? Inside(path, written)
                : File.Exists(path) ? OfFile(path, written) : OfNothing(path, written);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Directory.Exists(path) ? null : "it cannot be read; name a Hugging Face model directory";
        }
    }

    private static string OfFile(string path, string written) =>
        IsModel(
            DirectoryOf(path)) ? $"this is a file of a model; name its directory, "
                + $"'{(Path.GetDirectoryName(written) is { Length: > 0 } directory ? directory : ".")}'"
        : path.EndsWith(Gguf, StringComparison.OrdinalIgnoreCase)
            ? "this is a GGUF file, the format of llama.cpp; name the Hugging Face directory that it was made from"
            : "this is a file; name the directory that holds the model's config.json and its weights";

    private static string OfNothing(string path, string written)
    {
        if (written == Home || written.StartsWith(Home + "/", StringComparison.Ordinal))
        {
            string whole = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + written[Home.Length..];
            return $"there is no such directory: '{Home}' is a folder's name here; write '{whole}'";
        }

        return Nearest.Directory(path, written) is { } near ? $"there is no such directory; did you mean '{near}'?"
            : IsNameOnHub(
                path,
                written) ? $"there is no such directory; for the model of that name on the Hugging Face hub, write "
                    + $"'hf://{written}'"
            : "there is no such directory; name a Hugging Face model directory";
    }

    /// <summary>Whether a path looks like <c>owner/name</c>, and no folder here is called as the owner is.</summary>
    private static bool IsNameOnHub(string path, string written) =>
        NamesOnHub().IsMatch(written) && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)));

    /// <summary>The models in a folder that is none itself.</summary>
    private static string? Inside(string path, string written)
    {
        if (IsModel(path))
        {
            return null;
        }

        if (IsRepository(path))
        {
            return Snapshot(path) is { } snapshot
                ? $"this is a repository in the hub's cache; name the snapshot in it, "
                    + $"'{Path.Combine(written, snapshot)}'"
                : "this is a repository in the hub's cache without a snapshot; the download is not complete: fetch the "
                    + "model again";
        }

        List<string> models = Models(path);
        return models switch
        {
            [] => null,
            [var one] => $"this is a folder around a model; did you mean '{Path.Combine(written, one)}'?",
            _ => $"this is a folder with several models; name one: "
                + $"{string.Join(", ", models.Take(MostNamed).Select(model => $"'{Path.Combine(written, model)}'"))}" +
                (models.Count > MostNamed
                    ? FormattableString.Invariant($" or one of {models.Count - MostNamed} more")
                    : ""),
        };
    }

    /// <summary>The models that are nearest below a folder, relative to it.</summary>
    private static List<string> Models(string folder)
    {
        List<string> level = [""];
        int seen = 0;
        for (int depth = 0; depth < MostLevels; depth++)
        {
            level = [.. level.SelectMany(name => Folders(folder, name)).Take(MostFolders - seen)
                .Order(StringComparer.Ordinal)];
            seen += level.Count;
            List<string> models = [.. level.Select(name => Model(folder, name)).OfType<string>()];
            if (models.Count > 0)
            {
                return models;
            }
        }

        return [];
    }

    /// <summary>The model that a folder is, or the snapshot of the repository that it is.</summary>
    private static string? Model(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return IsModel(path)
            ? name
            : IsRepository(path) && Snapshot(path) is { } snapshot ? Path.Combine(name, snapshot) : null;
    }

    private static IEnumerable<string> Folders(string folder, string name) =>
        new FileSystemEnumerable<string>(
            Path.Combine(folder, name),
            (ref FileSystemEntry entry) => Path.Combine(name, entry.FileName.ToString()),
            new EnumerationOptions { IgnoreInaccessible = true })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => entry.IsDirectory && entry.FileName[0] != '.',
        };

    private static bool IsModel(string directory)
        => File.Exists(Path.Combine(directory, Config)) || CheckpointForm.In(directory) is not null;

    private static bool IsRepository(string directory)
        => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)))
            .StartsWith(ModelName.Repositories, StringComparison.Ordinal);

    /// <summary>The snapshot of a repository that its main branch has, else one of those that are there.</summary>
    private static string? Snapshot(string repository)
    {
        string snapshots = Path.Combine(repository, Snapshots);
        string reference = Path.Combine(repository, "refs", "main");
        string main = File.Exists(reference) && new FileInfo(reference).Length <= LongestReference
            ? File.ReadAllText(reference).Trim()
            : "";
        string? name = main.Length > 0 && IsModel(Path.Combine(snapshots, main)) ? main
            : !Directory.Exists(snapshots) ? null
            : Directory.EnumerateDirectories(snapshots).Where(IsModel).Select(Path.GetFileName)
                .Order(StringComparer.Ordinal)
                .FirstOrDefault();
        return name is null ? null : Path.Combine(Snapshots, name);
    }

    private static string DirectoryOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;

    [GeneratedRegex(@"^(?!models/|data/)[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w.-]+)?\z")]
    private static partial Regex NamesOnHub();
}
