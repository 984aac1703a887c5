using System.IO.Pipes;
using System.Text;
using SparseLlm.Pipeline.Running;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>The worker's end of the pipe for answers.</summary>
internal sealed class AnswerPipe(string handle) : IProgress<BuildProgress>, IDisposable
{
    private readonly StreamWriter writer = new(new AnonymousPipeClientStream(PipeDirection.Out, handle), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    private readonly Lock gate = new();

    /// <summary>Sends an answer.</summary>
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
    public void Dispose() => writer.Dispose();
}
