using System.Diagnostics;
using System.Runtime.InteropServices;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool;

/// <summary>
/// Ends the process when it is called off: by Ctrl+C, by SIGTERM, or because its terminal has gone. Work that has
/// something to keep gets the time for it; then the process ends whatever the work waits for, since what is on disk is
/// whole at any moment.
/// </summary>
internal sealed class Cancellation : IDisposable
{
    /// <summary>What is said of work that was called off.</summary>
    public const string Message = "cancelled; nothing was left half-written";

    /// <summary>How long work may take to keep what it has. With what is left to say, the process ends within ten
    /// seconds: after those, build systems kill what does not end.</summary>
    public static readonly TimeSpan ToKeep = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan ToSay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Insisting = TimeSpan.FromSeconds(2);

    // Not disposed of: who called the work off may still be in there while the process ends.
    private readonly CancellationTokenSource source = new();
    private readonly TaskCompletionSource<int> calledOff = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stopwatch since = new();
    private readonly PosixSignalRegistration[] registrations;
    private readonly TimeSpan toKeep;

    /// <summary>Listens for signals from now on.</summary>
    /// <param name="toKeep">How long work may take to keep what it has.</param>
    public Cancellation(TimeSpan toKeep)
    {
        this.toKeep = toKeep;
        registrations =
        [
            Register(PosixSignal.SIGINT, ExitCodes.Interrupted),
            Register(PosixSignal.SIGTERM, ExitCodes.Terminated),
            Register(PosixSignal.SIGHUP, ExitCodes.HungUp),
        ];
    }

    /// <summary>Calls the work off; only the first time counts.</summary>
    /// <param name="exitCode">What the process returns.</param>
    public void CallOff(int exitCode)
    {
        if (calledOff.TrySetResult(exitCode))
        {
            since.Start();
            source.Cancel();
        }
    }

    /// <summary>Does the work until it is done or called off.</summary>
    /// <param name="work">The work; returns the exit code.</param>
    /// <param name="isTidy">Whether it has something to keep, and is waited for when it is called off.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> Run(Func<CancellationToken, Task<int>> work, bool isTidy)
    {
        // Away from this thread, which must be free to end the process when work blocks.
        Task<int> running = Task.Run(() => work(source.Token));
        if (await Task.WhenAny(running, calledOff.Task) != running && isTidy)
        {
            await Task.WhenAny(running, Task.Delay(toKeep));
        }

        if (!calledOff.Task.IsCompleted)
        {
            return await running;
        }

        if (!running.IsCompleted)
        {
            // The console has one lock, which work that blocks in writing to it holds.
            await Task.WhenAny(Task.Run(() => Terminal.Leave(Message)), Task.Delay(ToSay));
        }

        return await calledOff.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations)
        {
            registration.Dispose();
        }
    }

    private PosixSignalRegistration Register(PosixSignal signal, int exitCode) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            if (signal == PosixSignal.SIGINT && Interruptible.TryStop())
            {
                context.Cancel = true;
                return;
            }

            // A terminal and a build system may both send the same Ctrl+C. Who insists later gets the default, which
            // ends the process.
            context.Cancel = !calledOff.Task.IsCompleted || since.Elapsed < Insisting;
            CallOff(exitCode);
        });
}
