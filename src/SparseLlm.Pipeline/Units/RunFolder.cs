using SparseLlm.Pipeline.Cache.Local;
using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Units;

/// <summary>
/// A folder in the cache's for everything that a set of units needs beside their results: the script that starts them,
/// their status, and what they print. The same units of the same recipe have the same folder, so whoever hands them out
/// again finds what is there.
/// </summary>
internal sealed class RunFolder
{
    /// <summary>The name of the status of a probe, which no artifact has.</summary>
    public const string Probe = ".probe";

    private const int IdLength = 16;

    private RunFolder(string id, string path) => (Id, Path) = (id, path);

    /// <summary>The folder of units.</summary>
    /// <param name="runs">The cache's folder for runs.</param>
    /// <param name="recipe">The path of their recipe.</param>
    /// <param name="units">The units.</param>
    public static RunFolder Of(string runs, string recipe, IReadOnlyList<UnitOfWork> units)
    {
        string id = KeyBuilder.Of(
            "run",
            [
                new("recipe", System.IO.Path.GetFullPath(recipe)),
                .. units.Select((unit, index) => KeyValuePair.Create($"unit {index}", unit.Key)),
            ])[..IdLength];
        return new RunFolder(id, System.IO.Path.Combine(runs, id));
    }

    /// <summary>Names the run.</summary>
    public string Id { get; }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The script that starts a unit.</summary>
    public string Script => System.IO.Path.Combine(Path, "unit.sh");

    /// <summary>The status of a unit.</summary>
    /// <param name="artifact">The name of its artifact.</param>
    public string Status(string artifact) => StatusIn(Path, artifact);

    /// <summary>The status of a unit in a folder that is known by its path only.</summary>
    public static string StatusIn(string folder, string artifact)
        => System.IO.Path.Combine(folder, artifact + ".json");

    /// <summary>Deletes the folder. Where that does not work, it is small, and the next run with these units uses it
    /// again.</summary>
    public void Delete() => LocalStore.DropFolder(Path);

    /// <summary>The folders in which nothing has been written for a while, by the names of their runs.</summary>
    /// <param name="runs">The cache's folder for runs.</param>
    /// <param name="age">For how long.</param>
    public static IReadOnlyDictionary<string, string> Unused(string runs, TimeSpan age) =>
        new DirectoryInfo(runs) is { Exists: true, LinkTarget: null } folder
            ? folder.EnumerateDirectories()
                .Where(run => run.LinkTarget is null && IsId(run.Name) && DateTime.UtcNow - LastWrite(run) > age)
                .ToDictionary(run => run.Name, run => run.FullName)
            : new Dictionary<string, string>();

    private static bool IsId(string name) => name.Length == IdLength && name.All(char.IsAsciiHexDigitLower);

    private static DateTime LastWrite(DirectoryInfo run) => run.EnumerateFiles()
        .Select(file => file.LastWriteTimeUtc)
        .Append(run.LastWriteTimeUtc)
        .Max();
}
