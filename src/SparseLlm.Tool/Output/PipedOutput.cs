using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Tool.Output;

/// <summary>Standard output that is a pipe. Unlike the console's own stream it tells that nobody reads any more, as
/// behind <c>| head</c>: long work for nobody should end.</summary>
internal sealed class PipedOutput : IDisposable
{
    private const int StandardOutput = 1;

    // EPIPE, on Linux and macOS.
    private const int BrokenPipe = 32;

    private readonly FileStream stream;

    private PipedOutput(FileStream stream) => this.stream = stream;

    /// <summary>Standard output, if it is a pipe of a system that has such; null for a file, a terminal, or another
    /// system.</summary>
    public static PipedOutput? TryOpen()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return null;
        }

        try
        {
            var stream = new FileStream(
                new SafeFileHandle(StandardOutput, ownsHandle: false),
                FileAccess.Write,
                bufferSize: 0);

            // A file has its place from what others write to it.
            return stream.CanSeek ? null : new PipedOutput(stream);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Writes a text; false if nobody reads any more.</summary>
    public bool TryWrite(string text)
    {
        try
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            return true;
        }
        catch (IOException exception) when (exception.HResult == BrokenPipe)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();
}
