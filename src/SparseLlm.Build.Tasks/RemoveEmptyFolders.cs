using System;
using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace SparseLlm.Build.Tasks;

/// <summary>Removes folders that hold no file. What somebody else has put into one stays, and so does the
/// folder.</summary>
public sealed class RemoveEmptyFolders : Task
{
    /// <summary>The folders, which may not exist; those in them are looked at too.</summary>
    [Required]
    public string[] Folders { get; set; } = [];

    /// <inheritdoc />
    public override bool Execute()
    {
        foreach (DirectoryInfo folder in Folders.Select(path => new DirectoryInfo(path.TrimEnd('/', '\\')))
            .Where(IsFolder))
        {
            Remove(folder);
        }

        return true;
    }

    /// <summary>A link is somebody's own, such as one to a larger disk, and what is behind it is none of
    /// ours.</summary>
    private static bool IsFolder(DirectoryInfo folder)
        => folder.Exists && !folder.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private static void Remove(DirectoryInfo folder)
    {
        try
        {
            foreach (DirectoryInfo below in folder.EnumerateDirectories().Where(IsFolder).ToList())
            {
                Remove(below);
            }

            if (!folder.EnumerateFileSystemInfos().Any())
            {
                folder.Delete();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody writes there, or may not be disturbed: nothing depends on it.
        }
    }
}
