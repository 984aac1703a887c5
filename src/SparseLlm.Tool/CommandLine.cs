using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using SparseLlm.Tool.Commands;
using SparseLlm.Tool.Help;

namespace SparseLlm.Tool;

/// <summary>The command line: its commands, its signals, its exit codes.</summary>
internal static class CommandLine
{
    private static readonly TimeSpan Insisting = TimeSpan.FromSeconds(2);

    /// <summary>All commands.</summary>
    public static RootCommand CreateRoot()
    {
        var root = new RootCommand("Prune language models, measure what is left of them, and build a pruning.yaml.")
        {
            InitCommand.Create(),
            ValidateCommand.Create(),
            PlanCommand.Create(),
            BuildCommand.Create(),
            StatusCommand.Create(),
            WhyCommand.Create(),
            PruneCommand.Create(),
            EvalCommand.Create(),
            InspectCommand.Create(),
            DiffCommand.Create(),
            CacheCommand.Create(),
            EngineCommand.Create(),
            SchemaCommand.Create(),
            ExplainCommand.Create(),
            DoctorCommand.Create(),
            CompletionsCommand.Create(),
        };

        root.WithExamples(
        [
            new("init models/opt-125m", "Write a pruning.yaml to start from."),
            new("build", "Make its artifacts."),
            new("prune models/opt-125m --sparsity 0.5 --calibration data/calibration.txt -o pruned", "Prune once, without a recipe."),
        ]);
        HelpWithExamples.Install(root);
        return root;
    }

    /// <summary>Runs the command that the arguments name.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        // Build systems read UTF-8, whatever the code page of the console.
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        RootCommand root = CreateRoot();
        ParseResult result = root.Parse(args);
        if (result.Errors.Count > 0)
        {
            await result.InvokeAsync();
            return ExitCodes.Usage;
        }

        // Not disposed of: the lifeline may end while the process does.
        var cancellation = new CancellationTokenSource();
        int cancelled = 0;
        var sinceCancelled = new Stopwatch();
        using PosixSignalRegistration interrupt = Register(PosixSignal.SIGINT, ExitCodes.Interrupted);
        using PosixSignalRegistration terminate = Register(PosixSignal.SIGTERM, ExitCodes.Terminated);
        Lifeline.Watch(() => Cancel(ExitCodes.Terminated));
        int code = await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, cancellation.Token);
        return cancelled != 0 ? cancelled : code;

        PosixSignalRegistration Register(PosixSignal signal, int exitCode) =>
            PosixSignalRegistration.Create(signal, context =>
            {
                // A terminal and a build system may both send the same Ctrl+C. Who insists later gets the default, which ends the process.
                context.Cancel = cancelled == 0 || sinceCancelled.Elapsed < Insisting;
                Cancel(exitCode);
            });

        void Cancel(int exitCode)
        {
            if (cancelled == 0)
            {
                cancelled = exitCode;
                sinceCancelled.Start();
                cancellation.Cancel();
            }
        }
    }
}
