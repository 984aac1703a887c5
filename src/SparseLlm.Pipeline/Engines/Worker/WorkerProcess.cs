using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using SparseLlm.Pipeline.Engines.Installed;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>The tool's side of a worker process: requests go to its standard input, answers come through a pipe of their own.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int FirstSignal = 128;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Process process;
    private readonly StreamReader answers;
    private readonly OutputTail output = new();
    private readonly Lock gate = new();
    private Timer? kill;

    private WorkerProcess(Process process, Stream answers)
    {
        this.process = process;
        this.answers = new StreamReader(answers);
        process.OutputDataReceived += (_, line) => output.Add(line.Data);
        process.ErrorDataReceived += (_, line) => output.Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The last lines that it has written to standard output and standard error.</summary>
    public IReadOnlyList<string> Output => output.Lines;

    /// <summary>Starts a worker.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="threads">Threads of libtorch on the processor; null for its own choice.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public static WorkerProcess Start(InstalledEngine engine, int? threads)
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var start = new ProcessStartInfo(
            DotNetHost.Path, ["exec", Path.Combine(engine.Folder, engine.Assembly), WorkerProtocol.AnswersOption, pipe.GetClientHandleAsString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
        if (threads is { } count)
        {
            start.Environment["OMP_NUM_THREADS"] = count.ToString(CultureInfo.InvariantCulture);
        }

        var worker = new WorkerProcess(Process.Start(start)!, pipe);

        // Else the pipe would have no end when the worker has.
        pipe.DisposeLocalCopyOfClientHandle();
        return worker;
    }

    /// <summary>Sends a request. That the worker has gone shows in the answers.</summary>
    public void Send(WorkerRequest request)
    {
        string line = WorkerProtocol.Write(request);
        try
        {
            lock (gate)
            {
                process.StandardInput.Write(line + '\n');
                process.StandardInput.Flush();
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
        }
    }

    /// <summary>The next line of the answers; null when the worker has ended.</summary>
    public string? ReadLine()
    {
        try
        {
            return answers.ReadLine();
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Asks the worker to stop what it does, and kills it if it has not within the grace time.</summary>
    public void Cancel(TimeSpan grace)
    {
        Send(new Cancel());
        kill ??= new Timer(_ => Kill(), null, grace, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How the process ended, after its last answer.</summary>
    public string WaitForEnd()
    {
        if (!process.WaitForExit(Grace))
        {
            Kill();
        }

        // This one waits for the last lines of its output, too.
        process.WaitForExit();
        int code = process.ExitCode;
        return code > FirstSignal && !OperatingSystem.IsWindows()
            ? string.Create(CultureInfo.InvariantCulture, $"it was killed by signal {code - FirstSignal}{(code - FirstSignal == 9 ? ", perhaps for want of memory" : "")}")
            : string.Create(CultureInfo.InvariantCulture, $"its exit code is {code}");
    }

    private void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }

    /// <summary>Lets the worker end, or kills it.</summary>
    public void Dispose()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already, with a request in the pipe.
        }

        WaitForEnd();
        kill?.Dispose();
        answers.Dispose();
        process.Dispose();
    }
}
