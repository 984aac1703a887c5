using SparseLlm.Hub.Listing;

namespace SparseLlm.Hub.Cache;

/// <summary>What the cache has of a commit. A file appears in it once it is whole.</summary>
public sealed class HubSnapshot
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = 0,
        IgnoreInaccessible = true
    };

    internal HubSnapshot(HubRepositoryFolder folder, string commit) => Directory = folder.Snapshot(commit);

    /// <summary>The folder of the commit, whether it is there or not: its files are links, as the hub's tools make
    /// them.</summary>
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
    public bool Contains(string path) => HubPath.IsValid(path) && LengthOf(PathOf(path)) is not null;

    /// <summary>Whether a file is there, of the length that the hub says it has.</summary>
    public bool Contains(HubFile file) => Contains(file.Path) && LengthOf(PathOf(file.Path)) == file.Size;

    /// <summary>A file that is there, as the hub would list it; null if it is not there, or is no link that tells what
    /// its content is known by.</summary>
    internal HubFile? Describe(string path) =>
        HubPath.IsValid(path) && LengthOf(PathOf(path)) is { } length
        && new FileInfo(PathOf(path)).LinkTarget is { } target && Path.GetFileName(target) is var id && (HubListing
            .IsSha256(id) || HubListing.IsGitId(id))
            ? new HubFile(path, length, id, HubListing.IsSha256(id))
            : null;

    /// <summary>All files that are there, as the hub would list them.</summary>
    internal IReadOnlyList<HubFile> Describe() => [.. Files.Select(Describe).OfType<HubFile>()];

    /// <summary>The length of a file; null where there is none, or a link that leads to none.</summary>
    private static long? LengthOf(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return (file.ResolveLinkTarget(returnFinalTarget: true) ?? file) is FileInfo { Exists: true } content
                ? content.Length
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
