using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.Build.Utilities;

namespace SparseLlm.Build.Tasks;

/// <summary>The <c>dotnet-tools.json</c> that decides which tool <c>dotnet sparsellm</c> is in a directory.</summary>
internal sealed class ToolManifest
{
    private static readonly string[] Places = ["dotnet-tools.json", Path.Combine(".config", "dotnet-tools.json")];

    // A parser would be a dependency, and tasks that bring some meet other versions of them in MSBuild.
    private static readonly Regex Entry = new(
        "\"sparsellm\\.tool\"\\s*:\\s*\\{[^{}]*\"version\"\\s*:\\s*\"([^\"]+)\"",
        RegexOptions.IgnoreCase);

    private ToolManifest(string path, string version)
    {
        FilePath = path;
        Version = version;
    }

    /// <summary>Path of the manifest.</summary>
    public string FilePath { get; }

    /// <summary>The version of SparseLlm.Tool in it.</summary>
    public string Version { get; }

    /// <summary>Warns where the manifest that counts for a recipe has a version that does not fit.</summary>
    public static void WarnOfOther(string recipe, TaskLoggingHelper log, string pages)
    {
        if (Find(Path.GetDirectoryName(Path.GetFullPath(recipe))!) is not { } manifest
            || PackageVersion.Fits(manifest.Version))
        {
            return;
        }

        log.LogWarning(
            null, "SLM5106", null, pages + "SLM5106.md", manifest.FilePath, 0, 0, 0, 0,
            "'dotnet sparsellm' has version {0} here, and the package SparseLlm.Build {1}: the same recipe may give "
            + "other results on the command line than in a build. Give both the same version.",
            manifest.Version, PackageVersion.Current);
    }

    /// <summary>The nearest manifest that has the tool, in a directory or above it; null where there is none.</summary>
    private static ToolManifest? Find(string directory)
    {
        for (DirectoryInfo? folder = new(directory); folder is not null; folder = folder.Parent)
        {
            foreach (string path in Places.Select(place => Path.Combine(folder.FullName, place)).Where(File.Exists))
            {
                if (Entry.Match(TextOf(path)) is { Success: true } entry)
                {
                    return new ToolManifest(path, entry.Groups[1].Value);
                }
            }
        }

        return null;
    }

    /// <summary>Empty where it may not be read: then it is for 'dotnet tool' to complain.</summary>
    private static string TextOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
