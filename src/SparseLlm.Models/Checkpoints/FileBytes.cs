using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Models.Checkpoints;

/// <summary>Opening and reading files of a checkpoint, with failures that the user can act on.</summary>
internal static class FileBytes
{
    /// <summary>Opens a file for reading at any place.</summary>
    public static SafeFileHandle Open(string path)
    {
        try
        {
            return RegularFile.Open(path, options: FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e.Message, e);
        }
    }

    /// <summary>Fills <paramref name="destination"/> from byte <paramref name="offset"/> on.</summary>
    public static void Read(SafeFileHandle file, long offset, Span<byte> destination, string path)
    {
        try
        {
            while (destination.Length > 0)
            {
                int count = RandomAccess.Read(file, destination, offset);
                if (count == 0)
                {
                    throw Unreadable(path, "it has become shorter since it was opened");
                }

                offset += count;
                destination = destination[count..];
            }
        }
        catch (IOException e)
        {
            throw Unreadable(path, e.Message, e);
        }
    }

    private static DiagnosticException Unreadable(string path, string reason, Exception? inner = null) =>
        ModelDiagnostics.CheckpointUnreadable.Error(new SourceLocation(path), $"the file cannot be read: {reason}", inner);
}
