using System.IO.Pipes;
using System.Text;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>The worker's end of the pipe for answers.</summary>
internal sealed class AnswerPipe : IProgress<BuildProgress>, IDisposable
{
    private readonly StreamWriter writer;
    private readonly Lock gate = new();

    private AnswerPipe(Stream pipe)
        => writer = new StreamWriter(pipe, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

    /// <summary>Opens the pipe with a handle; null where that is none.</summary>
    public static AnswerPipe? TryOpen(string handle)
    {
        try
        {
            return new AnswerPipe(new AnonymousPipeClientStream(PipeDirection.Out, handle));
        }
        catch (Exception exception) when (exception is ArgumentException or IOException)
        {
            return null;
        }
    }

    /// <summary>Sends an answer.</summary>
    /// <exception cref="IOException">The tool has gone.</exception>
    public void Send(WorkerAnswer answer)
    {
        string line = WorkerProtocol.Write(answer);
        lock (gate)
        {
            writer.Write(line + '\n');
            writer.Flush();
        }
    }

    /// <inheritdoc/>
    public void Report(BuildProgress value) => Send(new Told(value));

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            writer.Dispose();
        }
        catch (IOException)
        {
            // The tool has gone, and with it who would read the rest.
        }
    }
}
