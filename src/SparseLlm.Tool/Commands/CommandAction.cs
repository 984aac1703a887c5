using System.CommandLine;
using System.Globalization;
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

            result.AddError($"{name} is '{text}', which is no number; write it like 0.5, with a point");
            return null;
        },
    };

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
