using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace SparseLlm.Build.Tasks;

/// <summary>The <c>dotnet-tools.json</c> that decides which tool <c>dotnet sparsellm</c> is in a directory.</summary>
internal sealed class ToolManifest
{
    private static readonly string[] Places = ["dotnet-tools.json", Path.Combine(".config", "dotnet-tools.json")];

    // A parser would be a dependency, and tasks that bring some meet other versions of them in MSBuild.
    private static readonly Regex Entry = new("\"sparsellm\\.tool\"\\s*:\\s*\\{[^{}]*\"version\"\\s*:\\s*\"([^\"]+)\"", RegexOptions.IgnoreCase);

    private ToolManifest(string path, string version)
    {
        FilePath = path;
        Version = version;
    }

    /// <summary>Path of the manifest.</summary>
    public string FilePath { get; }

    /// <summary>The version of SparseLlm.Tool in it.</summary>
    public string Version { get; }

    /// <summary>The nearest manifest that has the tool, in a directory or above it; null where there is none.</summary>
    public static ToolManifest? Find(string directory)
    {
        for (DirectoryInfo? folder = new(directory); folder is not null; folder = folder.Parent)
        {
            foreach (string path in Places.Select(place => Path.Combine(folder.FullName, place)).Where(File.Exists))
            {
                if (Entry.Match(File.ReadAllText(path)) is { Success: true } entry)
                    return new ToolManifest(path, entry.Groups[1].Value);
            }
        }

        return null;
    }
}
