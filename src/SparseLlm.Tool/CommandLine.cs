using System.CommandLine;
using System.Runtime.InteropServices;
using SparseLlm.Tool.Commands;

namespace SparseLlm.Tool;

/// <summary>The command line: its commands, its signals, its exit codes.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command that the arguments name.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Prune language models, measure what is left of them, and build a pruning.yaml.")
        {
            InitCommand.Create(),
            ValidateCommand.Create(),
            BuildCommand.Create(),
            PruneCommand.Create(),
            EvalCommand.Create(),
            InspectCommand.Create(),
            SchemaCommand.Create(),
        };

        ParseResult result = root.Parse(args);
        if (result.Errors.Count > 0)
        {
            await result.InvokeAsync();
            return ExitCodes.Usage;
        }

        using var cancellation = new CancellationTokenSource();
        int cancelled = 0;
        using PosixSignalRegistration interrupt = Register(PosixSignal.SIGINT, ExitCodes.Interrupted);
        using PosixSignalRegistration terminate = Register(PosixSignal.SIGTERM, ExitCodes.Terminated);
        int code = await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, cancellation.Token);
        return cancelled != 0 ? cancelled : code;

        PosixSignalRegistration Register(PosixSignal signal, int exitCode) =>
            PosixSignalRegistration.Create(signal, context =>
            {
                // The second signal is not held back: whoever insists gets the default, which ends the process.
                context.Cancel = cancelled == 0;
                cancelled = exitCode;
                cancellation.Cancel();
            });
    }
}
