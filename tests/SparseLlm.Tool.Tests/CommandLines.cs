namespace SparseLlm.Tool.Tests;

/// <summary>Command lines that cannot be understood, or that look like something else.</summary>
public sealed class CommandLines
{
    private static readonly string Model = Repository.Model("tiny-opt");

    [Theory]
    [InlineData(
        "build --device gpu",
        "--device is 'gpu'; allowed: auto, cpu, cpu-torch, cuda",
        "build --help")]
    [InlineData("prune model --method sparsegtp", "--method is 'sparsegtp'; did you mean 'sparsegpt'?", "prune --help")]
    [InlineData("engine install cudda", "name is 'cudda'; did you mean 'cuda'?", "engine install --help")]
    [InlineData("build --device <>", "--device is empty", "build --help")]
    [InlineData("build --threads many", "--threads takes a whole number, found 'many'", "build --help")]
    [InlineData("build --threads 0", "--threads must be at least 1, found 0", "build --help")]
    [InlineData("build --on-cache-miss 1", "--on-cache-miss is '1'; it can be build, warn or error", "build --help")]
    [InlineData("build --memory lots", "--memory is 'lots', which is neither a size nor a percentage", "build --help")]
    [InlineData(
        "eval model --text x --sequence-length 1",
        "--sequence-length must be at least 2, found 1",
        "eval --help")]
    [InlineData("cache gc --max-siz 5GB", "Unrecognized command or argument '--max-siz'", "cache gc --help")]
    [InlineData("prune model", "Option '--output' is required", "prune --help")]
    [InlineData("inspect <>", "model is empty", "inspect --help")]
    [InlineData("build --lockd", "there is no option '--lockd'; did you mean '--locked'?", "build --help")]
    [InlineData(
        "inspect --nothing-like-it",
        "there is no option '--nothing-like-it'; write ./--nothing-like-it if that is a file",
        "inspect --help")]
    [InlineData("build --manifest /", "--manifest is '/', which is a folder", "build --help")]
    [InlineData("bild", "Unrecognized command or argument 'bild'", "--help")]
    public void Each_mistake_is_a_line_as_build_systems_read_it_and_help_is_not_poured_over_it(
        string arguments,
        string message,
        string help)
    {
        ToolRun run = ToolRun.Of(
            [.. arguments.Split(' ').Select(argument => argument == "<>" ? "" : argument)]);
        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldStartWith($"sparsellm: error SLM5001: {message}");
        lines[^1].ShouldBe($"what can be written: dotnet sparsellm {help}");
    }

    [Fact]
    public void A_mistyped_command_or_option_is_recognised()
    {
        ToolRun.Of("bild").Error.ShouldContain("did you mean 'build'?");
        ToolRun.Of("cache", "gc", "--max-siz", "5GB").Error.ShouldContain("did you mean '--max-size'?");
    }

    [Fact]
    public void Who_says_nothing_gets_help()
    {
        ToolRun run = ToolRun.Of();
        run.ExitCode.ShouldBe(2);
        run.Output.ShouldContain("dotnet sparsellm init models/opt-125m");
        run.Error.ShouldBeEmpty();
    }

    [Fact]
    public void A_name_that_begins_with_an_at_sign_is_a_name()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory["response"], $"b\n--output\n{directory["injected"]}\n");
        File.WriteAllText(
            directory["pruning.yaml"],
            $"version: 1\nmodel: {Model}\nartifacts: {{ b: {{ method: magnitude, sparsity: 0.5 }} }}\n");
        ToolRun build = ToolRun.Of("build", directory.Path, "--artifact", "@" + directory["response"]);
        build.ExitCode.ShouldBe(1);
        build.Error.ShouldContain($"there is no artifact '@{directory["response"]}'");
        Directory.Exists(directory["injected"]).ShouldBeFalse();
    }

    [Fact]
    public void A_path_that_cannot_be_is_an_error_with_a_code()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory["file"], "");
        string[][] commands =
        [
            ["init", Model, "-o", directory["file/x.yaml"]],
            ["init", Model, "-o", directory[new string('x', 300)]],
            ["prune", Model, "--method", "magnitude", "--sparsity", "0.5", "-o", "/"],
            ["prune", Model, "--method", "magnitude", "--sparsity", "0.5", "-o", directory["file/x"]],
            ["inspect", directory["file/x"]],
            ["eval", Model, "--text", directory["."]],
        ];
        foreach (string[] command in commands)
        {
            ToolRun run = ToolRun.Of(command);
            run.ExitCode.ShouldBeInRange(1, 2, run.Error);
            run.Error.ShouldContain(": error SLM");
            run.Error.ShouldNotContain("SLM5000");
        }
    }

    [Fact]
    public void A_text_that_is_none_is_found_by_every_command_before_anything_is_computed()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory["records.txt"], "{\"text\": \"one\"}\n");
        File.WriteAllText(directory[
            "pruning.yaml"], $"version: 1\nmodel: {Model}\ncalibration: {{ text: records.txt }}\nartifacts: {{ a: {{ "
                + $"sparsity: 0.5 }} }}\n");
        foreach (string command in (string[])["validate", "plan", "status", "build"])
        {
            ToolRun run = ToolRun.Of(command, directory.Path);
            run.ExitCode.ShouldBe(2, command);
            run.Error.ShouldContain("pruning.yaml(3,22,3,33): error SLM3013: records.txt: ", customMessage: command);
            run.Error.ShouldNotContain("computing", customMessage: command);
        }

        ToolRun.Of("eval", Model, "--text", directory["records.txt"]).ExitCode.ShouldBe(2);
        ToolRun.Of(
            "prune",
            Model,
            "--sparsity",
            "0.5",
            "--calibration",
            directory["records.txt"],
            "-o",
            directory["out"]).ExitCode.ShouldBe(2);
    }

    [Fact]
    public void A_text_that_is_missing_is_named_once()
    {
        using var directory = new TempDirectory();
        foreach (string path in (string[])[directory["missing.txt"], directory["no/missing.txt"]])
        {
            ToolRun.Of("eval", Model, "--text", path).Error.Split('\n')[0].TrimEnd()
                .ShouldBe($"{path}: error SLM3001: there is no such file");
        }
    }

    [SkippableFact]
    public void A_path_with_a_line_break_is_not_told_to_a_build_system_as_two()
    {
        Skip.If(OperatingSystem.IsWindows(), "no name has a line break there");
        using var directory = new TempDirectory();
        File.Copy(Repository.Text("sample-eval.txt"), directory["one\ntwo.txt"]);
        File.WriteAllText(directory[
            "pruning.yaml"], $"version: 1\nmodel: {Model}\ncalibration: {{ text: \"*two.txt\", samples: 1, sequenceLength: 16 }}\nartifacts: {{ a: {{ method: magnitude, sparsity: 0.5 }} }}\n");
        ToolRun build = ToolRun.Of("build", directory.Path, "--manifest", directory["lists"]);
        build.ExitCode.ShouldBe(1);
        build.Error.ShouldContain($"{directory[@"one\ntwo.txt"]}: error SLM5006: ");
        File.Exists(directory["lists.artifacts"]).ShouldBeFalse();
    }
}
