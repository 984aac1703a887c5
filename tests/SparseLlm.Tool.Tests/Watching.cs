using System.Diagnostics;
using System.Text.RegularExpressions;

namespace SparseLlm.Tool.Tests;

/// <summary>What a person at a terminal sees of a build, and what a log does.</summary>
public sealed class Watching : IDisposable
{
    private readonly RecipeProject project = new("  a: { method: sparsegpt, sparsity: 0.5 }");

    [SkippableFact]
    public void A_terminal_shows_layer_matrix_error_tokens_time_and_memory_in_place()
    {
        Skip.IfNot(File.Exists("/usr/bin/script"), "there is no 'script' here to make a terminal with");
        string shown = RunInTerminal();
        shown.ShouldContain("sparsegpt 0.5, 1,024 calibration tokens");
        shown.ShouldContain("layer 2/2 fc1 error 0.");
        shown.ShouldContain(" elapsed");
        shown.ShouldContain(" GB of memory");
        shown.ShouldContain("\e[2A", customMessage: "it is drawn in place");
        shown.ShouldContain("a: pruned to 50.00 % in");
    }

    [SkippableTheory]
    [InlineData(80)]
    [InlineData(120)]
    public void What_is_left_on_the_screen_is_a_line_for_each_artifact_and_a_table_of_whole_words(int width)
    {
        Skip.IfNot(TerminalScreen.IsHere, "there is no tmux here to make a terminal with");
        const string name = "a-name-of-twenty-eight-chars";
        project.Write(
            $"  {name}: {{ method: sparsegpt, sparsity: 0.5 }}\n  b: {{ method: magnitude, pattern: \"2:4\" }}");
        string build = $"dotnet {Path.Combine(AppContext.BaseDirectory, "dotnet-sparsellm.dll")} build "
            + $"{project["pruning.yaml"]} --output {project.Models}";

        string[] screen = TerminalScreen.Of(width, $"echo what was there before; {build}; {build}");

        int table = Array.FindIndex(screen, line => line.StartsWith("  artifact", StringComparison.Ordinal));
        Flowing(screen[..table]).ShouldMatch(
            $@"^what was there before computing on [^:]*threads {name}: pruned to 50\.00 % in [0-9.]+ s \(artifact 1 of 2\) b: pruned to 2:4 in [0-9.]+ s \(artifact 2 of 2\)$");
        screen[table..].ShouldContain(
            line => Regex.IsMatch(line, $"^  {name} +{(width < 100 ? "" : "sparsegpt +")}50\\.00 %"));
        screen[table..].Any(line => line.StartsWith("(a wider terminal shows method, ", StringComparison.Ordinal))
            .ShouldBe(width < 100);
        int end = Array.FindIndex(screen, line => line.StartsWith("summary: /", StringComparison.Ordinal));
        Flowing(screen[(end + 1)..]).ShouldStartWith(
            $"{name}: up to date (artifact 1 of 2) b: up to date (artifact 2 of 2) artifact ");
        string.Concat(screen).ShouldNotContain('━');
    }

    [Fact]
    public void A_log_gets_a_line_for_each_layer_and_no_control_characters()
    {
        string log = ToolProcess.Run(project.Arguments("build")).Error;
        log.Split('\n').Count(line => line.StartsWith("a: layer ", StringComparison.Ordinal)).ShouldBe(2);
        log.ShouldNotContain('\e');
    }

    [Fact]
    public void A_result_that_goes_to_a_file_has_no_control_characters_whatever_the_terminal_can_do()
    {
        ToolRun inspect = ToolProcess.Run(
            new() { ["TERM"] = "xterm-256color" },
            ["inspect", Repository.Model("tiny-opt")]);
        inspect.Output.ShouldContain("of the weights of its linear layers are zero");
        inspect.Output.ShouldNotContain('\e');
    }

    private static string Flowing(string[] lines) => Regex.Replace(string.Join(' ', lines), " +", " ").Trim();

    private string RunInTerminal()
    {
        string command = $"stty cols 120; dotnet {Path.Combine(AppContext.BaseDirectory, "dotnet-sparsellm.dll")} "
            + $"build {project["pruning.yaml"]} --output {project.Models}";
        var start = new ProcessStartInfo("/usr/bin/script", ["-qec", command, "/dev/null"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true
        };
        start.Environment["SPARSELLM_CACHE"] = "off";
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("CI");
        start.Environment.Remove("NO_COLOR");
        using Process script = Process.Start(start)!;
        string output = script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        script.ExitCode.ShouldBe(0, output);
        return output;
    }

    public void Dispose() => project.Dispose();
}
