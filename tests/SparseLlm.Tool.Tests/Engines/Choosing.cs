namespace SparseLlm.Tool.Tests.Engines;

/// <summary>Engines that are not there, or not as they should be.</summary>
[Collection(EngineFolder.Turns)]
public sealed class Choosing : IDisposable
{
    private readonly EngineFolder engines = new();
    private readonly RecipeProject project = new("  a: { method: magnitude, sparsity: 0.5 }");

    [Theory]
    [InlineData("cuda")]
    [InlineData("cpu-torch")]
    public void An_engine_that_is_not_installed_is_one_error_that_says_what_to_type(string name)
    {
        foreach (string command in (string[])["build", "plan", "status"])
        {
            ToolRun run = Run(command, name);
            run.ExitCode.ShouldBe(1);
            run.Error.Split(
                '\n').ShouldContain($"sparsellm: error SLM4040: the engine '{name}' is not installed; type: dotnet "
                    + $"sparsellm engine install {name}");
        }
    }

    [Fact]
    public void An_engine_of_another_version_of_the_tool_is_not_started()
    {
        engines.Install(tool: "0.0.1");
        ToolRun build = Run("build", "cpu-torch");
        build.ExitCode.ShouldBe(1);
        build.Error.ShouldContain("error SLM4041: 'cpu-torch' was installed by version 0.0.1");
        build.Error.ShouldContain("dotnet sparsellm engine install cpu-torch");
        engines.ProcessId.ShouldBeNull();
    }

    [Fact]
    public void An_engine_of_this_version_is_preferred_to_a_newer_one_of_another()
    {
        engines.Install(version: "9.0.0", tool: "0.0.1");
        engines.Install(version: "1.0.0");
        engines.Install(version: "0.9.0", numericsClass: "older");
        ToolRun build = Run("build", "cpu-torch");
        build.ExitCode.ShouldBe(0, build.Error);
    }

    [Theory]
    [InlineData("old", "error SLM4041: the worker of 'cpu-torch' was made with version 0.0.1")]
    [InlineData("dies", "error SLM4042: the worker of 'cpu-torch' does not start: its exit code is 7 (")]
    [InlineData("no device", "error SLM4005: the engine does not start here: there is no such device")]
    public void A_worker_that_does_not_greet_as_it_should_is_an_error(string mode, string message)
    {
        engines.Install();
        ToolRun build = Run("build", "cpu-torch", mode);
        build.ExitCode.ShouldBe(1);
        build.Error.ShouldContain(message);
        Directory.Exists(Path.Combine(project.Models, "a")).ShouldBeFalse();
        project.Leftovers().ShouldBeEmpty();
    }

    [Fact]
    public void An_engine_that_computes_otherwise_than_when_it_was_installed_is_an_error()
    {
        engines.Install(numericsClass: "torch-cuda/1");
        Run("build", "cpu-torch").Error.ShouldContain(
            $"error SLM4041: 'cpu-torch' computes as {EngineFolder.NumericsClass} here, and was torch-cuda/1");
    }

    [Fact]
    public void What_an_engine_computes_as_is_asked_once_if_it_was_not_known_when_it_was_installed()
    {
        engines.Install(isKnown: false);
        Run("status", "cpu-torch").ExitCode.ShouldBe(0);
        engines.ProcessId.ShouldNotBeNull();
        File.Delete(engines.Started);
        Run("status", "cpu-torch").ExitCode.ShouldBe(0);
        engines.ProcessId.ShouldBeNull();
    }

    [Theory]
    [InlineData("exact", "Exact", null, "passive")]
    [InlineData("fast", "Fast", "active", "active")]
    public void An_engine_is_told_how_to_multiply_and_to_let_threads_sleep_unless_the_user_says_otherwise(
        string precision,
        string told,
        string? asked,
        string policy)
    {
        engines.Install();
        Dictionary<string, string> environment = engines.Environment("notice");
        environment["OMP_WAIT_POLICY"] = asked!;
        ToolRun build = ToolProcess.Run(
            environment,
            project.Arguments("build", "--device", "cpu-torch", "--precision", precision));
        build.ExitCode.ShouldBe(0, build.Error);
        build.Error.ShouldContain($"note SLM4045: one thread only, {told}, and it waits {policy}");
        engines.Run("", "engine", "list").Output.ShouldContain("test worker");
    }

    [Fact]
    public void What_is_computed_fast_never_passes_for_what_is_computed_exactly()
    {
        engines.Install(fastNumericsClass: "torch-cpu-fast/1");
        Run("build", "cpu-torch").ExitCode.ShouldBe(0);
        File.Delete(engines.Started);
        Run("status", "cpu-torch").Output.ShouldContain("a: fresh");
        Run("status", "cpu-torch", "", "--precision", "fast").Output.ShouldContain("torch-cpu-fast/1");
        engines.ProcessId.ShouldBeNull();
    }

    [Fact]
    public void What_an_engine_computes_as_is_asked_once_for_each_precision_and_each_choice_of_GPUs()
    {
        engines.Install("cuda", isKnown: false);
        string[][] choices = [["--precision", "fast"], ["--precision", "exact"], ["--devices", "1"]];
        foreach (string[] choice in choices)
        {
            Run("status", "cuda", "", choice).ExitCode.ShouldBe(0);
            engines.ProcessId.ShouldNotBeNull(string.Join(' ', choice));
            File.Delete(engines.Started);
        }

        foreach (string[] choice in choices)
        {
            Run("status", "cuda", "", choice).ExitCode.ShouldBe(0);
        }

        engines.ProcessId.ShouldBeNull();
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_an_error_that_names_it()
    {
        engines.Install("cuda");
        ToolRun build = Run("build", "cuda", "", "--devices", "0,7");
        build.ExitCode.ShouldBe(1);
        build.Error.ShouldContain("error SLM4005: the engine does not start here: There is no device cuda:7: there are "
            + "2; 'dotnet sparsellm doctor' says more");
    }

    [Fact]
    public void What_an_engine_does_not_have_is_an_error_where_it_is_named_and_none_where_auto_falls_back_to_it()
    {
        ToolRun named = Run("build", "cpu", "", "--precision", "fast");
        named.ExitCode.ShouldBe(1);
        named.Error.ShouldContain("error SLM4050: the built-in engine (device cpu) computes exactly");
        Run("build", "auto", "", "--precision", "fast", "--devices", "0,1").ExitCode.ShouldBe(0);
        Run("build", "cpu-torch", "", "--devices", "0,1").Error
            .ShouldContain("error SLM4050: device cpu-torch computes on the processor");
    }

    [Fact]
    public void Auto_is_the_built_in_engine_where_there_is_no_other()
    {
        engines.Install();
        Run("build", "auto").Error.ShouldContain("computing on CPU");
        engines.ProcessId.ShouldBeNull();
    }

    [SkippableFact]
    public void Auto_is_cuda_where_it_is_installed_and_there_is_a_GPU()
    {
        Skip.If(OperatingSystem.IsWindows(), "The driver's program is a script here.");
        engines.Install("cuda");
        Dictionary<string, string> environment = engines.Environment();
        environment["PATH"] = FakeDriver.In(project["bin"]) + Path.PathSeparator
            + Environment.GetEnvironmentVariable("PATH");
        ToolRun build = ToolProcess.Run(environment, project.Arguments("build", "--device", "auto"));
        build.ExitCode.ShouldBe(0, build.Error);
        engines.ProcessId.ShouldNotBeNull();
    }

    private ToolRun Run(string command, string device, string mode = "", params string[] options) =>
        engines.Run(mode, project.Arguments(command, ["--device", device, .. options]));

    public void Dispose()
    {
        project.Dispose();
        engines.Dispose();
    }
}
