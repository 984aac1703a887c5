using System.Text.RegularExpressions;
using NuGet.Versioning;

namespace SparseLlm.Pipeline.Engines.Installed;

/// <summary>
/// A folder beside the engines of a name, in which one stands on its way in or out: nobody sees half of an engine, and
/// what a killed process has left can be told by its name from what is somebody else's.
/// </summary>
internal sealed partial class HiddenFolder : IDisposable
{
    private static readonly TimeSpan OldestInUse = TimeSpan.FromDays(1);

    private HiddenFolder(string path) => Path = path;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Makes a folder.</summary>
    /// <param name="parent">The folder of the engines of a name.</param>
    /// <exception cref="IOException">It cannot be made, or the parent is a link to somewhere else.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static HiddenFolder Create(string parent)
    {
        RequireNoLink(parent);
        return new HiddenFolder(
            Directory.CreateDirectory(System.IO.Path.Combine(parent, $".{Guid.NewGuid():n}")).FullName);
    }

    /// <summary>Removes what killed processes have left: folders of these names that are older than any that may still
    /// be in use.</summary>
    /// <param name="parent">The folder of the engines of a name.</param>
    /// <exception cref="IOException">Something cannot be removed, or the parent is a link to somewhere
    /// else.</exception>
    /// <exception cref="UnauthorizedAccessException">Something may not be removed.</exception>
    public static void RemoveLeftovers(string parent)
    {
        RequireNoLink(parent);
        if (!Directory.Exists(parent))
        {
            return;
        }

        foreach (DirectoryInfo hidden in new DirectoryInfo(parent).EnumerateDirectories(".*").Where(
            folder => IsName(folder.Name) && folder.LinkTarget is null
                && folder.LastWriteTimeUtc < DateTime.UtcNow - OldestInUse))
        {
            hidden.Delete(recursive: true);
        }
    }

    /// <summary>Removes the folder and what is in it, and its parent if nothing else is in that.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be removed.</exception>
    public void Delete()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
            string parent = System.IO.Path.GetDirectoryName(Path)!;
            if (!Directory.EnumerateFileSystemEntries(parent).Any())
            {
                Directory.Delete(parent);
            }
        }
    }

    /// <summary>As <see cref="Delete"/>; what cannot be removed is not seen by anyone, either.</summary>
    public void Dispose()
    {
        try
        {
            Delete();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Deleting something behind a link would delete it elsewhere.</summary>
    /// <exception cref="IOException">The folder is a link.</exception>
    public static void RequireNoLink(string folder)
    {
        if (new DirectoryInfo(folder).LinkTarget is { } target)
        {
            throw new IOException($"'{folder}' is a link to '{target}', and nothing is removed behind a link");
        }
    }

    /// <summary>An engine that was to be removed used to stand under its own name, with a dot before it.</summary>
    private static bool IsName(string name) => Names().IsMatch(name)
            || (name[1..].Split('+', 2) is [var version, var tool] && IsVersion(version) && IsVersion(tool));

    private static bool IsVersion(string text) => NuGetVersion.TryParse(text, out _);

    [GeneratedRegex("^\\.[0-9a-f]{32}\\z")]
    private static partial Regex Names();
}
