using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pruning.Activations;
using SparseLlm.Tool.Help;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary>What commands share: their common options, their work, and the examples in their help.</summary>
internal static class CommandAction
{
    /// <summary>Prints the result as JSON.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON on standard output." };

    /// <summary>Prints no progress.</summary>
    public static Option<bool> NoProgress() => new("--no-progress") { Description = "Print no progress." };

    /// <summary>Chooses the number of threads.</summary>
    public static Option<int?> Threads(string whose = "Threads of an engine on the processor")
        => AtLeast(1, new Option<int?>("--threads") { Description = $"{whose}; one per core by default." });

    /// <summary>Chooses how a text is cut.</summary>
    public static Option<int?> SequenceLength() =>
        AtLeast(2, new Option<int?>("--sequence-length")
        {
            Description = "Tokens per window; by default the smaller of 2048 and the model's maximum."
        });

    /// <summary>A share, with a point for decimals whatever the culture: a comma would be taken for a separator of
    /// thousands.</summary>
    public static Option<double?> Share(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double share))
            {
                return share;
            }

            result.AddError(Percentage(text) is { } percentage
                ? $"{name} is '{text}', a percentage; write {percentage}"
                : $"{name} is '{text}', which is no number; write it like 0.5, with a point");
            return null;
        },
    };

    /// <summary>The share that a percentage is, as it is written; null for what is none.</summary>
    private static string? Percentage(string text) =>
        text.EndsWith('%')
        && decimal.TryParse(text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out decimal percent)
        && percent is >= 0 and <= 100
            ? (percent / 100).ToString("0.##########", CultureInfo.InvariantCulture)
            : null;

    /// <summary>Chooses how much memory activations may take.</summary>
    public static Option<MemoryBudget?> Memory() => new("--memory")
    {
        Description = "Memory for activations, such as 4GB, or a percentage of what is free; 50% by default. The rest "
            + "goes to a temporary file.",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            MemoryBudget? budget = MemoryBudget.Parse(text);
            if (budget is null)
            {
                result.AddError(
                    $"--memory is '{text}', which is neither a size nor a percentage; write it like 4GB, 512MiB or 50%");
            }

            return budget;
        },
    };

    /// <summary>Lets an option take no number below a least one.</summary>
    public static Option<T> AtLeast<T>(int least, Option<T> option)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out int number)
                && number < least)
            {
                result.AddError(FormattableString.Invariant($"{option.Name} must be at least {least}, found {number}"));
            }
        });
        return option;
    }

    /// <summary>Lets an option take some names alone, which complete.</summary>
    public static void AcceptOnly<T>(this Option<T> option, params IReadOnlyList<string> names)
    {
        option.Validators.Add(result => RequireKnown(result, option.Name, names));
        option.CompletionSources.Clear();
        option.CompletionSources.Add([.. names]);
    }

    /// <summary>Lets an argument take some names alone, which complete.</summary>
    public static void AcceptOnly<T>(this Argument<T> argument, params IReadOnlyList<string> names)
    {
        argument.Validators.Add(result => RequireKnown(result, argument.Name, names));
        argument.CompletionSources.Clear();
        argument.CompletionSources.Add([.. names]);
    }

    private static void RequireKnown(SymbolResult result, string what, IReadOnlyList<string> names)
    {
        // That a value is empty is said of every option.
        foreach (string value in result.Tokens.Select(token => token.Value))
        {
            if (!string.IsNullOrWhiteSpace(value) && !names.Contains(value))
            {
                result.AddError($"{what} is '{value}'; {Nearest.Suggest(value, names)}");
            }
        }
    }

    /// <summary>Chooses the cache.</summary>
    public static Option<string?> Cache() => new("--cache")
    {
        Description = "The folder of the cache, or 'off'; by default what SPARSELLM_CACHE says, else the platform's "
            + "folder for caches.",
    };

    /// <summary>Opens a cache, whose troubles are shown as notes.</summary>
    public static BuildCache OpenCache(string? directory) => BuildCache.Open(directory, Terminal.Show);

    /// <summary>Adds options to a command.</summary>
    public static void Add(this Command command, params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>Shows examples at the end of a command's help.</summary>
    /// <param name="command">The command, which is returned.</param>
    /// <param name="examples">What follows <c>dotnet sparsellm</c>, and what it does.</param>
    public static Command WithExamples(this Command command, Example[] examples)
    {
        HelpWithExamples.Add(command, examples);
        return command;
    }

    /// <summary>Gives a command its work.</summary>
    /// <param name="command">The command.</param>
    /// <param name="work">Returns the exit code.</param>
    /// <param name="isTidy">Whether it has something to keep or to put away when it is called off, and is waited
    /// for.</param>
    public static void SetWork(
        this Command command,
        Func<ParseResult, CancellationToken, int> work,
        bool isTidy = false) =>
        command.Action = new CommandWork(work, isTidy);
}
