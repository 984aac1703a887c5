using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pipeline.Disk;

/// <summary>A file that is open cannot be read on: its disk fails. Told from a copy that cannot be written, since the
/// one is damage and the other is not.</summary>
/// <param name="file">The file.</param>
/// <param name="cause">What the system says.</param>
internal sealed class FileReadException(SafeFileHandle file, Exception cause) : IOException(cause.Message, cause)
{
    /// <summary>The file.</summary>
    public SafeFileHandle File => file;
}
