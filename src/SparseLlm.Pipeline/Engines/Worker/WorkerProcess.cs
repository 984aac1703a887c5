using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using SparseLlm.Pipeline.Engines.Installed;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>The tool's side of a worker process: requests go to its standard input, answers come through a pipe of
/// their own.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int FirstSignal = 128;

    /// <summary>For what it has printed to arrive. Others that it has left behind may hold the same output
    /// open.</summary>
    private static readonly TimeSpan OutputGrace = TimeSpan.FromSeconds(2);

    private readonly Process process;
    private readonly TimeSpan grace;
    private readonly AnonymousPipeServerStream pipe;
    private readonly LineReader answers;
    private readonly OutputTail output = new();
    private readonly Thread[] followers;
    private readonly Lock gate = new();
    private Timer? kill;
    private string? killedFor;

    private WorkerProcess(Process process, AnonymousPipeServerStream pipe, TimeSpan grace)
    {
        this.process = process;
        this.grace = grace;
        this.pipe = pipe;
        answers = new LineReader(pipe, WorkerProtocol.LongestLine);
        followers = [output.Follow(process.StandardOutput.BaseStream), output.Follow(process.StandardError.BaseStream)];
    }

    /// <summary>The last lines that it has written to standard output and standard error.</summary>
    public IReadOnlyList<string> Output => output.Lines;

    /// <summary>Starts a worker.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="choice">What is asked of it; libtorch chooses threads for itself where it does not say.</param>
    /// <param name="grace">How long it may take to stop when it is asked to, and to end when it has nothing more to
    /// do.</param>
    /// <exception cref="Win32Exception">There is no such program.</exception>
    public static WorkerProcess Start(InstalledEngine engine, EngineChoice choice, TimeSpan grace)
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var start = new ProcessStartInfo(
            DotNetHost.Path, ["exec", Path.Combine(engine.Folder, engine.Assembly), .. new WorkerArguments(
                pipe.GetClientHandleAsString(),
                choice.Precision,
                choice.Devices).Line])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
        if (choice.Threads is { } count)
        {
            start.Environment["OMP_NUM_THREADS"] = count.ToString(CultureInfo.InvariantCulture);
        }

        // Threads of libtorch that have nothing to do look for work without end unless they are told to sleep. Where
        // others compute beside it, a prune takes three times as long so.
        start.Environment.TryAdd("OMP_WAIT_POLICY", "passive");
        var worker = new WorkerProcess(Process.Start(start)!, pipe, grace);

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

    /// <summary>The next answer; null when the worker has ended.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public WorkerAnswer? Read() => WorkerProtocol.Read<WorkerAnswer>(answers);

    /// <summary>Asks the worker to stop what it does, and kills it if it has not within the grace time: it may not even
    /// read the request.</summary>
    public void Cancel()
    {
        kill ??= KillAfter(grace, "it did not stop when it was asked to");
        Send(new Cancel());
    }

    /// <summary>Kills the worker after a time, unless the timer is disposed of before.</summary>
    /// <param name="time">The time.</param>
    /// <param name="reason">What it has done, as <see cref="WaitForEnd"/> tells it.</param>
    public Timer KillAfter(TimeSpan time, string reason)
        => new(_ => Kill(reason), null, time, Timeout.InfiniteTimeSpan);

    /// <summary>Ends a worker of which nothing is to be expected.</summary>
    /// <param name="reason">What it has done, as <see cref="WaitForEnd"/> tells it.</param>
    public void Kill(string reason)
    {
        killedFor ??= reason;
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception)
            when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended meanwhile, or one that it has started has.
        }
    }

    /// <summary>How the process ended, after its last answer. All that it has printed is in <see cref="Output"/>
    /// then.</summary>
    public string WaitForEnd()
    {
        if (!process.WaitForExit(grace))
        {
            Kill("it said no more and went on");
        }

        bool hasEnded = process.WaitForExit(grace);
        Array.ForEach(followers, follower => follower.Join(OutputGrace));
        return killedFor is { } reason
            ? $"{reason}, and was killed"
            : hasEnded ? Describe(process.ExitCode) : "it does not end";
    }

    private static string Describe(int code) => code > FirstSignal && !OperatingSystem.IsWindows()
        ? string.Create(CultureInfo.InvariantCulture, $"it was killed by signal "
            + $"{code - FirstSignal}{(code - FirstSignal == 9 ? ", perhaps for want of memory" : "")}")
        : string.Create(CultureInfo.InvariantCulture, $"its exit code is {code}");

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
        pipe.Dispose();
        process.Dispose();
    }
}
