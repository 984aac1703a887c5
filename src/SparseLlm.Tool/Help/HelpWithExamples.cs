using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace SparseLlm.Tool.Help;

/// <summary>Help as System.CommandLine prints it, and then the examples of the command.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly ConditionalWeakTable<Command, Example[]> Examples = [];

    /// <summary>Puts examples into the help of a command.</summary>
    public static void Add(Command command, Example[] examples) => Examples.Add(command, examples);

    /// <summary>The examples of a command.</summary>
    public static IReadOnlyList<Example> Of(Command command)
        => Examples.TryGetValue(command, out Example[]? examples) ? examples : [];

    /// <summary>Lets the help of a root command, and of those below it, end in examples.</summary>
    public static void Install(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => help.ClearsParseErrors;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = help.Invoke(parseResult);
        if (Of(parseResult.CommandResult.Command) is { Count: > 0 } examples)
        {
            Write(examples, parseResult.InvocationConfiguration.Output);
        }

        return exitCode;
    }

    private static void Write(IReadOnlyList<Example> examples, TextWriter output)
    {
        output.WriteLine("Examples:");
        foreach (Example example in examples)
        {
            output.WriteLine($"  dotnet sparsellm {example.Arguments}");
            output.WriteLine($"      {example.Meaning}");
        }

        output.WriteLine();
    }
}
