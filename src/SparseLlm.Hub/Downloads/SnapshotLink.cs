using SparseLlm.Files;

namespace SparseLlm.Hub.Downloads;

/// <summary>
/// Puts a content under the name of a file in a snapshot: by a relative link, so that the cache can be moved. Where
/// there are no links, a content that has just come is moved there, as Hugging Face's tools do, and one that others may
/// use is copied.
/// </summary>
internal static class SnapshotLink
{
    /// <summary>Makes it, over one that leads nowhere.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Create(string path, string blob, bool usesLinks, bool isNew)
    {
        string directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory);
        File.Delete(path);
        if (usesLinks && TryLink(path, Path.GetRelativePath(directory, blob)))
        {
            return;
        }

        if (isNew)
        {
            File.Move(blob, path);
        }
        else
        {
            Copy(blob, path);
        }
    }

    private static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or PlatformNotSupportedException && !FullDisk.IsCauseOf(exception))
        {
            // Windows allows links to developers only, and some file systems to nobody.
            return false;
        }
    }

    private static void Copy(string blob, string path)
    {
        using TempFile copy = TempFile.Create(Path.GetDirectoryName(blob)!);
        using FileStream source = File.OpenRead(blob);
        using var target = new FileStream(copy.Handle, FileAccess.Write);
        source.CopyTo(target);
        target.Flush();
        copy.MoveTo(path);
    }
}
