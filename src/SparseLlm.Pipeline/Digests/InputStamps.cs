using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Digests;

/// <summary>What tells of files that are read whether they are as they were. It can be looked at in another process
/// than the one that took it.</summary>
/// <param name="Files">The files.</param>
internal sealed record InputStamps(IReadOnlyList<InputStamp> Files)
{
    /// <summary>Makes sure that what was made of the files may be kept.</summary>
    /// <exception cref="DiagnosticException">Some are not as they were: they have been read, or will have been, in two
    /// states.</exception>
    public void RequireUnchanged()
    {
        Diagnostic[] changed = [.. Files.Where(file => !file.IsCurrent()).Select(file => PipelineDiagnostics
            .InputChanged
            .At(
                new SourceLocation(file.Path),
                "the file has changed while it was read, so what was made of it is not kept; leave it "
                    + "alone and build again"))];
        if (changed.Length > 0)
        {
            throw new DiagnosticException(changed);
        }
    }
}

/// <summary>What tells of one file whether it is as it was.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Stamp">Its stamp then.</param>
internal sealed record InputStamp(string Path, FileStamp Stamp)
{
    /// <summary>The stamp of a file now.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static InputStamp Of(string path) => new(path, FileStamp.Of(path));

    /// <summary>Whether the file still has its stamp.</summary>
    public bool IsCurrent()
    {
        try
        {
            return FileStamp.Of(Path) == Stamp;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
