using SparseLlm.Files;

namespace SparseLlm.Pipeline.Disk;

/// <summary>
/// A small file among the user's that is complete or not there: written under a name of its own beside its place, then
/// renamed. A link in its place is replaced, not followed.
/// </summary>
internal static class WholeFile
{
    /// <summary>Writes a file.</summary>
    /// <exception cref="IOException">It cannot be written; what was there stays.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; what was there stays.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (string left in Directory.EnumerateFiles(directory, ".*.tmp").Where(IsTemporary))
        {
            // What a process is writing cannot be deleted; the others were killed.
            FileLock.TryDelete(left);
        }

        // Not waited for until the disk has it: with some file systems, that takes as long as for the weights beside
        // it.
        using TempFile file = TempFile.Create(directory);
        RandomAccess.Write(file.Handle, content, 0);
        file.MoveTo(path);
    }

    /// <summary>Whether a file is one on its way into being.</summary>
    public static bool IsTemporary(string path)
        => TempFile.IsName(Path.GetFileName(path)) && new FileInfo(path).LinkTarget is null;
}
