namespace SparseLlm.Hub;

/// <summary>What the cache has of a commit. A file appears in it once it is whole.</summary>
public sealed class HubSnapshot
{
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true };

    internal HubSnapshot(HubRepositoryFolder folder, string commit) => Directory = folder.Snapshot(commit);

    /// <summary>The folder of the commit, whether it is there or not: its files are links, as the hub's tools make them.</summary>
    public string Directory { get; }

    /// <summary>The paths of the files that are there, with slashes, in their order by code points.</summary>
    public IReadOnlyList<string> Files => System.IO.Directory.Exists(Directory)
        ? [.. System.IO.Directory.EnumerateFiles(Directory, "*", Everything)
            .Select(path => Path.GetRelativePath(Directory, path).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(Contains)
            .Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The place of a file, whether it is there or not.</summary>
    /// <exception cref="ArgumentException">Its path leads out of the commit.</exception>
    public string PathOf(string path) => HubPath.IsValid(path)
        ? Path.Combine([Directory, .. path.Split('/')])
        : throw new ArgumentException($"'{path}' is not a path of a file in a repository.", nameof(path));

    /// <summary>Whether a file is there.</summary>
    public bool Contains(string path) => HubPath.IsValid(path) && File.Exists(PathOf(path));

    /// <summary>Whether a file is there, of the length that the hub says it has.</summary>
    public bool Contains(HubFile file) => Contains(file.Path) && LengthOf(PathOf(file.Path)) == file.Size;

    private static long LengthOf(string path)
    {
        try
        {
            // Of a link itself the length is that of its target's name.
            return new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : new FileInfo(path).Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return -1;
        }
    }
}
