using System.Text.Json;
using SparseLlm.Pipeline;

namespace SparseLlm.Tool.Tests.Engines;

/// <summary>Installing, listing and removing engines, and what the doctor says of them.</summary>
public sealed class Managing : IDisposable
{
    private readonly EngineFolder engines = new();
    private readonly TempDirectory directory = new();

    [Fact]
    public void Packages_that_are_not_there_are_one_error_and_nothing_is_left()
    {
        // A NuGet.config with one empty feed, so that no network takes part; the files above the project are traps.
        File.WriteAllText(directory[
            "NuGet.config"], $"<configuration><packageSources><clear /><add key=\"empty\" "
                + $"value=\"{Directory.CreateDirectory(directory["feed"]).FullName}\" "
                + $"/></packageSources></configuration>");
        Directory.CreateDirectory(engines.Path);
        File.WriteAllText(
            Path.Combine(engines.Path, "Directory.Build.props"),
            "<Project><Import Project=\"trap\" /></Project>");
        File.WriteAllText(Path.Combine(engines.Path, "NuGet.config"), "trap");
        File.WriteAllText(
            Path.Combine(engines.Path, "global.json"),
            """{ "sdk": { "version": "1.0.0", "rollForward": "disable" } }""");

        ToolRun install = Run("install", "cpu-torch", "--configfile", directory["NuGet.config"]);
        install.ExitCode.ShouldBe(1);
        string[] errors = [.. install.Error.Split('\n')
            .Where(line => line.StartsWith("sparsellm: error", StringComparison.Ordinal))];
        errors.ShouldHaveSingleItem()
            .ShouldStartWith("sparsellm: error SLM4044: 'cpu-torch' could not be published: NU1101");
        Directory.EnumerateDirectories(engines.Path).ShouldBeEmpty();
    }

    [Fact]
    public void A_source_that_does_not_exist_is_named()
    {
        File.WriteAllText(
            directory["NuGet.config"],
            "<configuration><packageSources><clear /></packageSources></configuration>");
        ToolRun install = Run(
            "install",
            "cpu-torch",
            "--configfile",
            directory["NuGet.config"],
            "--source",
            directory["nowhere"]);
        install.ExitCode.ShouldBe(1);
        install.Error.ShouldContain("error SLM4044");
        install.Error.ShouldContain(directory["nowhere"]);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda", "--version", "new")]
    public void What_cannot_be_asked_for_is_an_error_of_the_command_line(params string[] arguments) =>
        Run(["install", .. arguments]).ExitCode.ShouldBe(2);

    [Fact]
    public void Engines_are_listed_the_usable_ones_first()
    {
        Run("list").Output.ShouldContain("no engine is installed");
        engines.Install("cuda", "0.99.6", tool: "0.0.1");
        engines.Install("cuda", "0.9.0");
        engines.Install("cuda", "0.107.0");
        Directory.CreateDirectory(Path.Combine(engines.Path, "cuda", ".half"));
        JsonElement[] listed = [.. Run("list", "--json").Json.GetProperty("engines").EnumerateArray()];
        listed.Select(engine => engine.GetProperty("torchSharp").GetString()).ShouldBe(["0.107.0", "0.9.0", "0.99.6"]);
        listed.Select(engine => engine.GetProperty("usable").GetBoolean()).ShouldBe([true, true, false]);
        string table = Run("list").Output;
        table.ShouldContain(EngineFolder.NumericsClass);
        table.ShouldContain("of tool 0.0.1, not usable by this one");
    }

    [Fact]
    public void Engines_are_removed_in_one_version_or_in_all()
    {
        engines.Install("cuda", "0.99.6", tool: "0.0.1");
        engines.Install("cuda", "0.107.0");
        engines.Install("cpu-torch");
        Run("remove", "cuda", "--version", "0.107.0").ExitCode.ShouldBe(0);
        Listed().ShouldBe(["cpu-torch 1.2.3", "cuda 0.99.6"]);
        Run("remove", "cuda").ExitCode.ShouldBe(0);
        Listed().ShouldBe(["cpu-torch 1.2.3"]);
        ToolRun missing = Run("remove", "cuda");
        missing.ExitCode.ShouldBe(1);
        missing.Error.ShouldContain("error SLM4040");
    }

    [SkippableFact]
    public void The_doctor_starts_engines_and_says_what_to_type_next()
    {
        Skip.If(OperatingSystem.IsWindows(), "The driver's program is a script here.");
        Dictionary<string, string> environment = engines.Environment();
        environment["PATH"] = FakeDriver.In(directory["bin"]) + Path.PathSeparator
            + Environment.GetEnvironmentVariable("PATH");
        string before = ToolProcess.Run(environment, ["doctor"]).Output;
        before.ShouldContain("NVIDIA L4 (24.2 GB), driver 550.54.15, CUDA up to 12.4");
        before.ShouldContain(
            "! there is a GPU, and no engine that uses it; type: dotnet sparsellm engine install cuda");

        engines.Install("cuda");
        string after = ToolProcess.Run(environment, ["doctor"]).Output;
        after.ShouldContain($"cuda ({EngineFolder.NumericsClass}), TorchSharp 1.2.3: starts on CPU");
        after.ShouldNotContain("type: dotnet sparsellm engine install");

        engines.Install("cpu-torch");
        environment["TEST_WORKER"] = "dies";
        string broken = ToolProcess.Run(environment, ["doctor"]).Output;
        broken.ShouldContain("unusable: the worker of 'cuda' does not start: its exit code is 7");
        broken.ShouldContain("! the engine 'cuda' does not start though there is a GPU");
        broken.ShouldContain(
            "! the engine 'cpu-torch' does not start; type: dotnet sparsellm engine install cpu-torch");
    }

    [Fact]
    public void The_doctor_knows_engines_of_another_tool_and_machines_without_a_GPU()
    {
        engines.Install("cuda", tool: "0.0.1");
        Dictionary<string, string> environment = engines.Environment();
        environment["PATH"] = directory.Path;
        JsonElement machine = ToolProcess.Run(environment, ["doctor", "--json"]).Json;
        machine.GetProperty("engines")[1].GetString()!.ShouldContain(
            $"installed by version 0.0.1 of the tool, and this is {ToolVersion.Current}");
        string[] advice = [.. machine.GetProperty("advice").EnumerateArray().Select(line => line.GetString()!)];
        advice.ShouldContain(line => line.Contains(
            "of another version of the tool; type: dotnet sparsellm engine install cuda",
            StringComparison.Ordinal));
    }

    [Fact]
    public void Names_and_versions_of_engines_are_completed()
    {
        engines.Install("cuda", "0.107.0");
        Suggest("engine remove cu").ShouldBe(["cuda"]);
        Suggest("engine remove cuda --version ").ShouldContain("0.107.0");
        Suggest("build --device cpu").ShouldBe(["cpu", "cpu-torch"], ignoreOrder: true);
    }

    private string[] Suggest(string line)
    {
        string whole = "dotnet-sparsellm " + line;
        return ToolProcess.Run(engines.Environment(), [$"[suggest:{whole.Length}]", whole]).Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private string[] Listed() =>
        [.. Run("list", "--json").Json.GetProperty("engines").EnumerateArray()
            .Select(engine => $"{engine.GetProperty("name")} {engine.GetProperty("torchSharp")}")];

    private ToolRun Run(params string[] arguments)
        => ToolProcess.Run(engines.Environment(), ["engine", .. arguments]);

    public void Dispose()
    {
        engines.Dispose();
        directory.Dispose();
    }
}
