using System.Diagnostics;

namespace SparseLlm.Tool.Tests;

/// <summary>A process that was called off ends, whatever its work waits for.</summary>
public sealed class CallingOff
{
    /// <summary>Turns a process that does not end into a failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Work_that_is_done_gives_its_exit_code()
    {
        using var cancellation = new Cancellation(Patience);
        (await cancellation.Run(_ => Task.FromResult(7), isTidy: false)).ShouldBe(7);
    }

    [Fact]
    public async Task Work_that_waits_for_something_is_left_behind()
    {
        using var cancellation = new Cancellation(Patience);
        using var never = new ManualResetEventSlim();
        Task<int> run = cancellation.Run(
            _ => { never.Wait(CancellationToken.None); return Task.FromResult(0); },
            isTidy: false);
        cancellation.CallOff(143);
        cancellation.CallOff(130);
        (await run.WaitAsync(Patience)).ShouldBe(143);
        never.Set();
    }

    [Fact]
    public async Task Work_that_has_something_to_keep_is_waited_for()
    {
        using var cancellation = new Cancellation(Patience);
        bool isKept = false;
        Task<int> run = cancellation.Run(
            async token =>
            {
                await Task.Delay(Timeout.Infinite, token).ContinueWith(_ => { }, TaskScheduler.Default);
                await Task.Delay(200, CancellationToken.None);
                isKept = true;
                return 1;
            },
            isTidy: true);
        cancellation.CallOff(130);
        (await run.WaitAsync(Patience)).ShouldBe(130);
        isKept.ShouldBeTrue();
    }

    [Fact]
    public async Task Even_such_work_is_left_behind_when_it_does_not_end()
    {
        using var cancellation = new Cancellation(TimeSpan.FromMilliseconds(100));
        using var never = new ManualResetEventSlim();
        Task<int> run = cancellation.Run(
            _ => { never.Wait(CancellationToken.None); return Task.FromResult(0); },
            isTidy: true);
        cancellation.CallOff(129);
        (await run.WaitAsync(Patience)).ShouldBe(129);
        never.Set();
    }

    [SkippableTheory]
    [InlineData(Signals.Terminate, 143)]
    [InlineData(Signals.HangUp, 129)]
    public void A_process_that_blocks_ends_when_it_gets_a_signal(string signal, int exitCode)
    {
        Signals.Require(signal);
        using var directory = new TempDirectory();

        // A result of many times what a pipe holds, and nobody who reads it.
        File.WriteAllText(directory[
            "pruning.yaml"], $"version: 1\nmodel: {Repository.Model("tiny-opt")}\ndefaults: {{ method: magnitude, "
                + $"sparsity: 0.5 }}\nartifacts:\n"
            + string.Concat(Enumerable.Range(0, 900).Select(index => $"  {new string('x', 200)}{index}:\n")));
        using Process process = ToolProcess.Start("validate", directory.Path, "--json");
        process.StandardOutput.ReadLine();
        Signals.Send(process, signal);
        bool hasEnded = process.WaitForExit(Patience);
        process.Kill();
        hasEnded.ShouldBeTrue();
        process.ExitCode.ShouldBe(exitCode);
    }
}
