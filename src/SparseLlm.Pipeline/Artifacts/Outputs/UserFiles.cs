using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Artifacts.Outputs;

/// <summary>What a user has put into an artifact's directory: a model card, results of an evaluation. It is never
/// deleted and never overwritten.</summary>
internal static class UserFiles
{
    /// <summary>Makes sure that an artifact with other files can replace this one and leave the user's where they
    /// are.</summary>
    /// <param name="directory">The artifact's directory.</param>
    /// <param name="own">The files in it that are the tool's.</param>
    /// <param name="files">The files of the artifact that will replace it.</param>
    /// <exception cref="DiagnosticException">A file of the user's has a name that is needed or cannot be moved, or
    /// would be loaded in place of the weights.</exception>
    public static void RequireRoom(string directory, IReadOnlySet<string> own, IReadOnlySet<string> files)
    {
        foreach ((string name, FileSystemInfo entry) in In(directory, own))
        {
            if (files.Any(file => Collide(name, file)))
            {
                throw InTheWay(directory, name, "has the name of one that the artifact will have; move it elsewhere");
            }

            // A name that is not valid UTF-8 comes out of the system changed, and leads nowhere.
            if (entry.LinkTarget is null && !Path.Exists(entry.FullName))
            {
                throw InTheWay(directory, name, "has a name that is not valid UTF-8, so that it cannot be moved over "
                    + "to the artifact that will be here; rename it");
            }
        }

        string? weights = files.Count == 0
            ? null
            : Checkpoint.Files(directory).FirstOrDefault(name => !own.Contains(name));
        if (weights is not null)
        {
            throw InTheWay(directory, weights, "would be taken for the artifact's weights; move it elsewhere");
        }
    }

    /// <summary>Moves the user's files from one directory to the same places in another, unless something is
    /// there.</summary>
    public static void Move(string from, string to, IReadOnlySet<string> own)
    {
        foreach ((string name, FileSystemInfo entry) in In(from, own).ToList())
        {
            string place = Path.Combine(to, name);
            if (Path.Exists(place))
            {
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            if (entry is DirectoryInfo)
            {
                Directory.Move(entry.FullName, place);
            }
            else
            {
                File.Move(entry.FullName, place);
            }
        }
    }

    /// <summary>Removes the tool's files, and the directory if nothing else is in it. The manifest, which tells them
    /// from others, goes last.</summary>
    public static void RemoveOthers(string directory, IReadOnlySet<string> own)
    {
        Remove(new DirectoryInfo(directory), "", name => own.Contains(name) && name != ArtifactManifest.FileName);
        if (Directory.Exists(directory))
        {
            Remove(new DirectoryInfo(directory), "", own.Contains);
        }
    }

    /// <summary>
    /// The user's files, links and folders. A folder with nothing of the tool's in it is one entry; of others there are
    /// the entries in them.
    /// </summary>
    private static IEnumerable<(string Name, FileSystemInfo Entry)> In(
        string directory,
        IReadOnlySet<string> own,
        string folder = "")
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(Path.Combine(directory, folder)).EnumerateFileSystemInfos())
        {
            string name = folder + entry.Name;
            bool isFolder = entry is DirectoryInfo { LinkTarget: null };
            if (!isFolder && (own.Contains(name) || WholeFile.IsTemporary(entry.FullName)))
            {
                continue;
            }

            if (isFolder && own.Any(file => file.StartsWith(name + "/", ResolvedPath.Comparison)))
            {
                foreach ((string Name, FileSystemInfo Entry) inner in In(directory, own, name + "/"))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return (name, entry);
            }
        }
    }

    /// <summary>Whether two files of these names cannot be in one directory, because they are the same or one would
    /// have to be a folder.</summary>
    private static bool Collide(string name, string file) =>
        name.Equals(file, ResolvedPath.Comparison)
        || name.StartsWith(file + "/", ResolvedPath.Comparison)
        || file.StartsWith(name + "/", ResolvedPath.Comparison);

    /// <summary>Removes files by their names, and directories that are empty. Nothing is removed behind a
    /// link.</summary>
    private static void Remove(DirectoryInfo directory, string folder, Func<string, bool> isOwn)
    {
        foreach (FileSystemInfo entry in directory.EnumerateFileSystemInfos())
        {
            string name = folder + entry.Name;
            if (entry is DirectoryInfo { LinkTarget: null } inner)
            {
                Remove(inner, name + "/", isOwn);
            }
            else if (isOwn(name) || WholeFile.IsTemporary(entry.FullName))
            {
                entry.Delete();
            }
        }

        if (!directory.EnumerateFileSystemInfos().Any())
        {
            directory.Delete();
        }
    }

    private static DiagnosticException InTheWay(
        string directory,
        string name,
        string problem) => PipelineDiagnostics.OutputNotOurs.Error(
            new SourceLocation(Path.Combine(directory, name)),
                $"this file was not written by this tool, and {problem}");
}
