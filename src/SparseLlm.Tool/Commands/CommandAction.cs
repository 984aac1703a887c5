using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pruning.Activations;
using SparseLlm.Recipes;
using SparseLlm.Tool.Help;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary>What all commands share: the <c>--json</c> option, and turning failures into diagnostics and exit codes.</summary>
internal static class CommandAction
{
    /// <summary>Prints the result as JSON.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON on standard output." };

    /// <summary>Prints no progress.</summary>
    public static Option<bool> NoProgress() => new("--no-progress") { Description = "Print no progress." };

    /// <summary>Chooses the device.</summary>
    public static Option<string?> Device()
    {
        var option = new Option<string?>("--device") { Description = $"What computes: {string.Join(", ", DeviceNames.All)}; those but auto and cpu are installed by 'engine install'." };
        option.AcceptOnlyFromAmong([.. DeviceNames.All]);
        return option;
    }

    /// <summary>Chooses the number of threads.</summary>
    public static Option<int?> Threads() => new("--threads") { Description = "Threads of an engine on the processor; one per core by default." };

    /// <summary>Chooses how much memory activations may take.</summary>
    public static Option<MemoryBudget?> Memory() => new("--memory")
    {
        Description = "Memory for activations, such as 4GB, or a percentage of what is free; 50% by default. The rest goes to a temporary file.",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            MemoryBudget? budget = MemoryBudget.Parse(text);
            if (budget is null)
            {
                result.AddError($"--memory is '{text}', which is neither a size nor a percentage; write it like 4GB, 512MiB or 50%");
            }

            return budget;
        },
    };

    /// <summary>Chooses the cache.</summary>
    public static Option<string?> Cache() => new("--cache")
    {
        Description = "The folder of the cache, or 'off'; by default what SPARSELLM_CACHE says, else the platform's folder for caches.",
    };

    /// <summary>Opens a cache, whose troubles are shown as notes.</summary>
    public static BuildCache OpenCache(string? directory) => BuildCache.Open(directory, Terminal.Show);

    /// <summary>Shows examples at the end of a command's help.</summary>
    /// <param name="command">The command, which is returned.</param>
    /// <param name="examples">What follows <c>dotnet sparsellm</c>, and what it does.</param>
    public static Command WithExamples(this Command command, Example[] examples)
    {
        HelpWithExamples.Add(command, examples);
        return command;
    }

    /// <summary>Runs a command's work away from the thread that listens for signals.</summary>
    public static void SetWork(this Command command, Func<ParseResult, CancellationToken, int> work) =>
        command.SetAction((result, cancellation) => Task.Run(() => Guard(() => work(result, cancellation)), CancellationToken.None));

    private static int Guard(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (DiagnosticException exception)
        {
            foreach (Diagnostic diagnostic in exception.Diagnostics)
            {
                Terminal.Show(diagnostic);
            }

            Terminal.Progress($"for cause and remedy: dotnet sparsellm explain {exception.Diagnostics.First(diagnostic => diagnostic.Severity == Severity.Error).Code}");
            return exception.Diagnostics.Any(IsUsage) ? ExitCodes.Usage
                : exception.Diagnostics.Any(diagnostic => diagnostic.Descriptor == PipelineDiagnostics.NotInCache) ? ExitCodes.WouldCompute
                : ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            Terminal.Progress("cancelled; nothing was left half-written");
            return ExitCodes.Interrupted;
        }
        catch (Exception exception)
        {
            Terminal.Show(ToolDiagnostics.Internal.At(null, $"this is a defect of the tool; please report it with what follows: {exception.Message}"));
            Terminal.Progress(exception.ToString());
            return ExitCodes.Failed;
        }
    }

    /// <summary>Codes of the recipe and of the command line: the user's file or arguments are wrong, not the work.</summary>
    private static bool IsUsage(Diagnostic diagnostic) =>
        diagnostic.Severity == Severity.Error && (diagnostic.Code.StartsWith("SLM1", StringComparison.Ordinal) || diagnostic.Code.StartsWith("SLM5", StringComparison.Ordinal));
}
