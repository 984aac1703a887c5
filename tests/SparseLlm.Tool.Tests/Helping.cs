using System.CommandLine;
using System.CommandLine.Parsing;
using SparseLlm.Pruning.Settings;
using SparseLlm.Tool.Help;

namespace SparseLlm.Tool.Tests;

/// <summary>What <c>--help</c> says.</summary>
public sealed class Helping
{
    /// <summary>Wider than this, a line is hard to read in any terminal.</summary>
    private const int Readable = 200;

    [Fact]
    public void Every_command_has_examples_that_it_understands()
    {
        RootCommand root = CommandLine.CreateRoot();
        foreach (Command command in CommandsBelow(root))
        {
            HelpWithExamples.Of(command).ShouldNotBeEmpty(command.Name);
            foreach (Example example in HelpWithExamples.Of(command))
            {
                // What the shell does is none of the command's business.
                ParseResult result = root.Parse(
                    CommandLineParser.SplitCommandLine(example.Arguments.Split(" > ")[0]).ToArray());
                result.Errors.ShouldBeEmpty(example.Arguments);
                CommandsBelow(command).ShouldContain(result.CommandResult.Command, example.Arguments);
                example.Meaning.ShouldEndWith(".");
            }
        }
    }

    [Fact]
    public void Every_command_and_option_is_described()
    {
        foreach (Command command in CommandsBelow(CommandLine.CreateRoot()))
        {
            command.Description.ShouldNotBeNullOrEmpty(command.Name);
            command.Options.Where(option => string.IsNullOrEmpty(option.Description)).ShouldBeEmpty(command.Name);
            command.Arguments.Where(argument => string.IsNullOrEmpty(argument.Description)).ShouldBeEmpty(command.Name);
        }
    }

    [Fact]
    public void Help_ends_in_the_examples()
    {
        ToolRun help = ToolProcess.Run("prune", "--help");
        help.ExitCode.ShouldBe(0);
        help.Output.ShouldContain("--sparsity");
        string settings = help.Output.Split('\n').Single(line => line.TrimStart().StartsWith("--set "));
        Setting.All.ShouldAllBe(setting => settings.Contains($" {setting.Name}"));
        help.Output.TrimEnd().Split("Examples:").Last().ShouldContain(
            "  dotnet sparsellm prune models/opt-125m --sparsity 0.5 --calibration data/calibration.txt -o pruned");
        ToolProcess.Run("cache", "gc", "-h").Output.ShouldContain("dotnet sparsellm cache gc --max-size 5GB --yes");
    }

    [Fact]
    public void Help_on_all_commands_fits_a_terminal()
    {
        string help = ToolProcess.Run("--help").Output;
        help.Split('\n').ShouldAllBe(line => line.Length < Readable);
        help.ShouldContain("dotnet sparsellm init models/opt-125m");
    }

    private static IEnumerable<Command> CommandsBelow(Command command)
        => command.Subcommands.SelectMany(CommandsBelow).Prepend(command);
}
