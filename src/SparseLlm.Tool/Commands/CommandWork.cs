using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.ExceptionServices;
using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Pipeline;
using SparseLlm.Pruning;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary>What a command does, with failures turned into diagnostics and exit codes.</summary>
/// <param name="work">The work; returns the exit code.</param>
/// <param name="isTidy">Whether it has something to keep or to put away when it is called off, and is waited
/// for.</param>
internal sealed class CommandWork(
    Func<ParseResult, CancellationToken, int> work,
    bool isTidy) : AsynchronousCommandLineAction
{
    /// <summary>Whether it has something to keep or to put away when it is called off, and is waited for.</summary>
    public bool IsTidy => isTidy;

    /// <inheritdoc/>
    public override Task<int> InvokeAsync(ParseResult parseResult, CancellationToken cancellationToken = default) =>
        Task.FromResult(Guard(() => work(parseResult, cancellationToken)));

    /// <summary>Does something, and reports what goes wrong.</summary>
    public static int Guard(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (DiagnosticException exception)
        {
            return Fail(exception.Diagnostics);
        }
        catch (OperationCanceledException)
        {
            Terminal.Progress(Cancellation.Message);
            return ExitCodes.Interrupted;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The message names the path.
            return Fail([PipelineDiagnostics.InputOutput.At(null, exception.Message)]);
        }
        catch (OutOfMemoryException exception)
        {
            return Fail([ToolDiagnostics.OutOfMemory.At(null, $"there is not enough memory ({exception.Message}); give "
                + $"the process more, or see --memory of 'build' and 'prune'")]);
        }
        catch (AggregateException exception) when (exception.InnerExceptions is [var first, ..])
        {
            // Of work that several threads did: a disk that fails, fails for each of them.
            return Guard(() =>
            {
                ExceptionDispatchInfo.Throw(first);
                return ExitCodes.Failed;
            });
        }
        catch (Exception exception)
        {
            Terminal.Show(ToolDiagnostics.Internal
                .At(null, $"this is a defect of the tool; please report it with what follows: {exception.Message}"));
            foreach (string line in exception.ToString().Split('\n'))
            {
                Terminal.Progress(line.TrimEnd('\r'));
            }

            return ExitCodes.Failed;
        }
    }

    private static int Fail(IReadOnlyList<Diagnostic> diagnostics)
    {
        foreach (Diagnostic diagnostic in diagnostics)
        {
            Terminal.Show(diagnostic);
        }

        Terminal.Progress($"for cause and remedy: dotnet sparsellm explain "
            + $"{diagnostics.First(diagnostic => diagnostic.Severity == Severity.Error).Code}");
        return diagnostics.Any(IsUsage) ? ExitCodes.Usage
            : diagnostics.Any(diagnostic => diagnostic.Descriptor == PipelineDiagnostics.NotInCache)
                ? ExitCodes.WouldCompute
                : ExitCodes.Failed;
    }

    /// <summary>The recipe, a text or the command line is wrong, not the work.</summary>
    private static bool IsUsage(Diagnostic diagnostic) =>
        diagnostic.Severity == Severity.Error
        && (diagnostic.Code.StartsWith("SLM1", StringComparison.Ordinal)
            || diagnostic.Descriptor == HubDiagnostics.Address
            || diagnostic.Descriptor == ToolDiagnostics.InvalidOption
            || diagnostic.Descriptor == ToolDiagnostics.FileExists
            || diagnostic.Descriptor == ToolDiagnostics.RecipeMissing
            || diagnostic.Descriptor == ToolDiagnostics.ProjectUnreadable
            || diagnostic.Descriptor == ToolDiagnostics.ProjectWithoutRecipe
            || diagnostic.Descriptor == ToolDiagnostics.ProjectAmbiguous
            || diagnostic.Descriptor == PruningDiagnostics.UnreadableText
            || diagnostic.Descriptor == PruningDiagnostics.TextFormatUnsupported
            || diagnostic.Descriptor == PruningDiagnostics.TextNotFetched);
}
