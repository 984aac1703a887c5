using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using SparseLlm.Tool.Commands;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool;

/// <summary>Reports a command line that cannot be understood: a line for each error, as build systems read it, and
/// where help is.</summary>
internal static partial class CommandLineErrors
{
    /// <summary>Says what there is, to who has said nothing.</summary>
    public static int ShowHelp(RootCommand root)
    {
        int code = CommandWork.Guard(
            () => root.Parse("--help").Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
        return code == ExitCodes.Done ? ExitCodes.Usage : code;
    }

    /// <summary>Reports the errors of a command line.</summary>
    public static int Report(ParseResult result)
    {
        // That a command is missing is no news where there is one that does not exist.
        IEnumerable<ParseError> errors = result.UnmatchedTokens.Count == 0
            ? result.Errors
            : result.Errors.Where(error => !IsMissingCommand(error));
        foreach (string message in errors.Select(Describe).Distinct())
        {
            Terminal.Show(ToolDiagnostics.InvalidOption.At(null, message));
        }

        foreach (string correction in Corrections(result))
        {
            Terminal.Progress($"did you mean '{correction}'?");
        }

        string command = string.Join(
            ' ',
            result.CommandResult.Command.Name == result.RootCommandResult.Command.Name ? []
                : Path(result.CommandResult));
        Terminal.Progress($"what can be written: dotnet sparsellm {command}{(command.Length == 0 ? "" : " ")}--help");
        return ExitCodes.Usage;
    }

    private static string Describe(ParseError error)
    {
        (string Name, Type Type)? symbol = error.SymbolResult switch
        {
            OptionResult option => (option.Option.Name, option.Option.ValueType),
            ArgumentResult { Parent: OptionResult option } => (option.Option.Name, option.Option.ValueType),
            ArgumentResult argument => (argument.Argument.Name, argument.Argument.ValueType),
            _ => null,
        };
        string message = Breaks().Replace(error.Message.Trim(), " ").TrimEnd('.');
        return symbol is { } named && message.StartsWith("Cannot parse argument", StringComparison.Ordinal)
            && Expected(named.Type) is { } expected
            ? $"{named.Name} takes {expected}, found "
                + $"{string.Join(' ', error.SymbolResult!.Tokens.Select(token => $"'{token.Value}'"))}"
            : message;
    }

    private static bool IsMissingCommand(ParseError error)
        => error.Message.StartsWith("Required command", StringComparison.Ordinal);

    private static string? Expected(Type type) => Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
    {
        TypeCode.Int32 => "a whole number",
        TypeCode.Double => "a number such as 0.7",
        TypeCode.Boolean => "true or false",
        _ => null,
    };

    /// <summary>What mistyped commands and options may have been; the library finds them when it prints its own
    /// messages.</summary>
    private static IEnumerable<string> Corrections(ParseResult result)
    {
        if (result.Action is not ParseErrorAction action || result.UnmatchedTokens is not [var unmatched, ..])
        {
            return [];
        }

        using var output = new StringWriter();
        action.ShowHelp = false;
        result.InvocationConfiguration.Output = output;
        result.InvocationConfiguration.Error = TextWriter.Null;
        action.Invoke(result);
        return output.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Skip(1)
            .TakeWhile(line => !line.Contains(' '))
            .Where(line => line.StartsWith('-') == unmatched.StartsWith('-'));
    }

    private static IEnumerable<string> Path(CommandResult command) =>
        command.Parent is CommandResult { Parent: not null } parent
            ? Path(parent).Append(command.Command.Name)
            : [command.Command.Name];

    [GeneratedRegex(@"\s*[\r\n]\s*")]
    private static partial Regex Breaks();
}
