using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Pipeline.Disk;

/// <summary>Errors of a full disk, before and while writing.</summary>
internal static class DiskSpace
{
    /// <summary>Checks that so many bytes can be written to a directory.</summary>
    /// <exception cref="DiagnosticException">They cannot.</exception>
    public static void Require(string directory, long bytes)
    {
        long available = new DriveInfo(directory).AvailableFreeSpace;
        if (available < bytes)
        {
            throw Full(
                directory,
                FormattableString.Invariant(
                    $"the artifact needs {bytes >> 20} MiB and {available >> 20} MiB are free"));
        }
    }

    /// <summary>Turns the exception of a full disk, or of any other failed read or write, into one with a
    /// code.</summary>
    public static DiagnosticException Translate(string directory, Exception exception) =>
        FullDisk.IsCauseOf(exception)
            ? Full(directory, "the disk is full")
            : PipelineDiagnostics.InputOutput.Error(new SourceLocation(directory), exception.Message, exception);

    private static DiagnosticException Full(string directory, string reason) =>
        PipelineDiagnostics.NoSpace.Error(
            new SourceLocation(directory),
            $"{reason}; free some space or choose another output. Nothing was left half-written");
}
