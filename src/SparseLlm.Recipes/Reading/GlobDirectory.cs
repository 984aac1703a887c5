using Microsoft.Extensions.FileSystemGlobbing.Abstractions;

namespace SparseLlm.Recipes.Reading;

/// <summary>
/// A directory as a glob searches it. Links to directories are followed, but not back to one that the way has led
/// through: a glob with
/// <c>**</c> would go round for ever.
/// </summary>
internal sealed class GlobDirectory : DirectoryInfoBase
{
    private readonly DirectoryInfo directory;
    private readonly string name;
    private readonly IReadOnlySet<string> way;

    /// <summary>The directory in which a search begins.</summary>
    public GlobDirectory(string path)
        : this(new DirectoryInfo(path), Path.GetFileName(path), new HashSet<string>())
    {
    }

    private GlobDirectory(DirectoryInfo directory, string name, IReadOnlySet<string> way)
    {
        // What a link leads to is looked at in its own place, where its relative links mean what they say.
        this.directory = directory.LinkTarget is null
            ? directory
            : (DirectoryInfo?)directory.ResolveLinkTarget(returnFinalTarget: true) ?? directory;
        this.name = name;
        this.way = new HashSet<string>(way) { FullName };
    }

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string FullName => Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory.FullName));

    /// <inheritdoc/>
    public override DirectoryInfoBase? ParentDirectory
        => directory.Parent is { } parent ? new GlobDirectory(parent.FullName) : null;

    /// <inheritdoc/>
    public override IEnumerable<FileSystemInfoBase> EnumerateFileSystemInfos()
    {
        if (!directory.Exists)
        {
            yield break;
        }

        foreach (FileSystemInfo info in directory.EnumerateFileSystemInfos())
        {
            if (info is FileInfo file)
            {
                yield return new FileInfoWrapper(file);
            }
            else if (new GlobDirectory((DirectoryInfo)info, info.Name, way) is var below
                && !way.Contains(below.FullName))
            {
                yield return below;
            }
        }
    }

    /// <inheritdoc/>
    public override DirectoryInfoBase? GetDirectory(string path) =>
        new DirectoryInfo(Path.Combine(directory.FullName, path)) is { Exists: true } below
            ? new GlobDirectory(below, path, way)
            : null;

    /// <inheritdoc/>
    public override FileInfoBase? GetFile(string path)
        => new FileInfoWrapper(new FileInfo(Path.Combine(directory.FullName, path)));
}
