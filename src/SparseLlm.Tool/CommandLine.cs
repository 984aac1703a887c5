using System.CommandLine;
using System.CommandLine.Parsing;
using SparseLlm.Diagnostics;
using SparseLlm.Tool.Commands;
using SparseLlm.Tool.Help;

namespace SparseLlm.Tool;

/// <summary>The command line: its commands, and running the one that is asked for.</summary>
internal static class CommandLine
{
    /// <summary>All commands.</summary>
    public static RootCommand CreateRoot()
    {
        var root = new RootCommand("Prune language models, measure what is left of them, and build a pruning.yaml.")
        {
            InitCommand.Create(),
            ValidateCommand.Create(),
            PullCommand.Create(),
            UpdateCommand.Create(),
            PlanCommand.Create(),
            BuildCommand.Create(),
            WorkerCommand.Create(),
            ClusterCommand.Create(),
            StatusCommand.Create(),
            WhyCommand.Create(),
            HistoryCommand.Create(),
            PruneCommand.Create(),
            EvalCommand.Create(),
            RunCommand.Create(),
            BenchCommand.Create(),
            ExportCommand.Create(),
            InspectCommand.Create(),
            DiffCommand.Create(),
            PackCommand.Create(),
            UnpackCommand.Create(),
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
            new(
                "prune models/opt-125m --sparsity 0.5 --calibration data/calibration.txt -o pruned",
                "Prune once, without a recipe."),
        ]);
        HelpWithExamples.Install(root);
        RejectEmptyValues(root);
        return root;
    }

    /// <summary>Runs the command that the arguments name.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        using var cancellation = new Cancellation(Cancellation.ToKeep);
        Lifeline.Watch(() => cancellation.CallOff(ExitCodes.Terminated));
        RootCommand root = CreateRoot();

        // A name that begins with '@' is a name like any other, not a file of more arguments.
        ParseResult result = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors.Count > 0)
        {
            return args.Length == 0 ? CommandLineErrors.ShowHelp(root) : CommandLineErrors.Report(result);
        }

        var work = result.Action as CommandWork;
        var configuration = new InvocationConfiguration
        {
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false
        };
        return await cancellation.Run(
            async token => work is null
                ? CommandWork.Guard(() => result.Invoke(configuration))
                : await work.InvokeAsync(result, token),
            isTidy: work is { IsTidy: true });
    }

    /// <summary>Nothing that is asked for can have an empty name, and a path least of all.</summary>
    private static void RejectEmptyValues(Command command)
    {
        foreach (Option option in command.Options)
        {
            option.Validators.Add(result => Check(result, option.Name));
        }

        foreach (Argument argument in command.Arguments)
        {
            argument.Validators.Add(result => Check(result, argument.Name));
            argument.Validators.Add(RejectUnknownOption);
        }

        foreach (Command below in command.Subcommands)
        {
            RejectEmptyValues(below);
        }

        static void Check(SymbolResult result, string name)
        {
            if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
            {
                result.AddError($"{name} is empty; write a value, or leave it out");
            }
        }

        // A mistyped option is taken for the argument where there is room for one.
        static void RejectUnknownOption(ArgumentResult result)
        {
            if (result.Parent is CommandResult command
                && result.Tokens.FirstOrDefault(token => token.Value.StartsWith('-')) is { } option)
            {
                IEnumerable<string> options = command.Command.Options.Select(known => known.Name);
                result.AddError(Nearest.To(option.Value, options) is { } near
                    ? $"there is no option '{option.Value}'; did you mean '{near}'?"
                    : $"there is no option '{option.Value}'; write ./{option.Value} if that is a file");
            }
        }
    }
}
