using SparseLlm.Files;

namespace SparseLlm.Pipeline.Cache.Local;

/// <summary>
/// A file in one of the cache's folders, as it was when the folder was looked through. Whatever else lies there is
/// passed over: links, pipes, folders, files of other names, files that another process has just removed.
/// </summary>
/// <param name="Path">Its path.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="LastWrite">When it was last written (UTC).</param>
internal sealed record StoredFile(string Path, long Length, DateTime LastWrite)
{
    // Hidden files too, which is what names with a dot are on Unix; links are not of interest, and those that may not
    // be looked at cannot be.
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true
    };

    /// <summary>Its name.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The files in a folder that bear names of the cache; none if the folder is not there, or is a link to
    /// another.</summary>
    public static IEnumerable<StoredFile> In(string folder, Func<string, bool> isName) =>
        new DirectoryInfo(folder) is { Exists: true, LinkTarget: null } directory
            ? directory.EnumerateFiles("*", Everything).Where(file => isName(file.Name))
                .Select(file => Of(file.FullName))
                .OfType<StoredFile>()
            : [];

    /// <summary>The file of that name; null where there is none, or something else.</summary>
    public static StoredFile? Of(string path)
    {
        try
        {
            return RegularFile.IsAt(path) && new FileInfo(path) is { Exists: true } file
                ? new StoredFile(path, file.Length, file.LastWriteTimeUtc)
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Bytes of some files. Sparse ones can have more than there is room for on the disk.</summary>
    public static long Size(IEnumerable<StoredFile> files) =>
        (long)UInt128.Min(files.Aggregate(UInt128.Zero, (sum, file) => sum + (ulong)file.Length), long.MaxValue);
}
