using System.Diagnostics;
using System.Text.Json;

namespace SparseLlm.Tool.Tests.Engines;

/// <summary>Builds whose engine is another process.</summary>
[Collection(EngineFolder.Turns)]
public sealed class Working : IDisposable
{
    private const string Recipe = "  a: { method: sparsegpt, sparsity: 0.5 }";

    private readonly EngineFolder engines = new();
    private readonly RecipeProject project = new(Recipe);

    public Working() => engines.Install();

    private string Artifact => Path.Combine(project.Models, "a");

    [Fact]
    public void A_worker_makes_the_same_bytes_as_the_tool_itself()
    {
        ToolRun worker = Build("--device", "cpu-torch");
        worker.ExitCode.ShouldBe(0, worker.Error);
        engines.ProcessId.ShouldNotBeNull();
        Dictionary<string, string> made = RecipeProject.Digests(Artifact);
        Directory.Delete(project.Models, recursive: true);
        Build("--device", "cpu", "--cache", "off").ExitCode.ShouldBe(0);
        RecipeProject.Digests(Artifact).ShouldBe(made);
    }

    [Fact]
    public void Several_devices_make_the_same_bytes_as_one()
    {
        engines.Install("cuda");
        ToolRun several = Build("--device", "cuda", "--devices", "0,1");
        several.ExitCode.ShouldBe(0, several.Error);
        several.Error.ShouldContain(" threads and CPU, ");
        Dictionary<string, string> made = RecipeProject.Digests(Artifact);
        Directory.Delete(project.Models, recursive: true);
        Build("--device", "cpu", "--cache", "off").ExitCode.ShouldBe(0);
        RecipeProject.Digests(Artifact).ShouldBe(made);
    }

    [Fact]
    public void Progress_warnings_and_the_device_arrive_as_they_would_from_the_tool_itself()
    {
        project.Write("  a: { method: sparsegpt, sparsity: 0.5, rules: [{ match: no.such.weight, keep: true }] }");
        string[] byWorker = Lines(Build("--device", "cpu-torch", "--cache", "off").Error);
        Directory.Delete(project.Models, recursive: true);
        byWorker.ShouldBe(Lines(Build("--device", "cpu", "--cache", "off").Error));
        byWorker.ShouldContain(line => line.StartsWith("computing on CPU", StringComparison.Ordinal));
        byWorker.ShouldContain(line => line.Contains("a: layer 2/2 pruned", StringComparison.Ordinal));
        byWorker.ShouldContain(line => line.Contains("warning SLM3006", StringComparison.Ordinal));
    }

    [Fact]
    public void An_error_inside_the_worker_arrives_with_its_code_and_its_place()
    {
        project.Write(Recipe, samples: 100000);
        ToolRun byWorker = Build("--device", "cpu-torch");
        byWorker.ExitCode.ShouldBe(1);
        byWorker.Error.ShouldContain("pruning.yaml(3,1,3,");
        byWorker.Error.ShouldContain("error SLM3002");
        Lines(byWorker.Error).ShouldBe(Lines(Build("--device", "cpu").Error));
    }

    [Fact]
    public void Nothing_is_started_where_nothing_is_to_be_computed()
    {
        Build("--device", "cpu-torch").ExitCode.ShouldBe(0);
        File.Delete(engines.Started);
        foreach (string command in (string[])["build", "plan", "status --exit-code", "why a", "build --locked"])
        {
            ToolRun run = Run(command, "--device", "cpu-torch");
            run.ExitCode.ShouldBe(0, run.Error);
        }

        Directory.Delete(Artifact, recursive: true);
        Build("--device", "cpu-torch").Error.ShouldContain("a: from the cache");
        engines.ProcessId.ShouldBeNull();
    }

    [Fact]
    public void What_one_device_has_computed_never_passes_for_another_ones()
    {
        Build("--device", "cpu").ExitCode.ShouldBe(0);
        engines.Install(numericsClass: "torch-cpu/1");
        ToolRun status = Run("status", "--device", "cpu-torch", "--exit-code");
        status.ExitCode.ShouldBe(3);
        status.Output.ShouldContain("torch-cpu/1");
        Run("plan", "--device", "cpu-torch").Output.ShouldContain("prune 2 layers");
        Run("build", "--device", "cpu-torch", "--locked").Error.ShouldContain("error SLM4011");
    }

    [SkippableFact]
    public void A_worker_that_is_killed_is_one_error_and_the_next_build_goes_on_behind_its_layers()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals.");
        project.UseWholeModel();
        project.Write("  a: { method: sparsellm, sparsity: 0.5 }", samples: 16);
        using Process build = StartBuild();
        ReadUntil("layer 2/4 pruned", build);
        using (var worker = Process.GetProcessById(engines.ProcessId!.Value))
        {
            worker.Kill();
        }

        string error = build.StandardError.ReadToEnd();
        build.WaitForExit();
        build.ExitCode.ShouldBe(1);
        Lines(error).Count(line => line.Contains("error SLM", StringComparison.Ordinal)).ShouldBe(1, error);
        error.ShouldContain("error SLM4042: the worker of 'cpu-torch' has ended: it was killed by signal 9");
        error.ShouldContain("  a line on standard error");

        ToolRun next = Build("--device", "cpu-torch");
        next.ExitCode.ShouldBe(0, next.Error);
        next.Error.ShouldContain("a: layer 1/4 from the cache");
        project.Leftovers().ShouldBeEmpty();
    }

    [SkippableFact]
    public void Ctrl_C_stops_the_worker_and_its_layers_are_kept()
    {
        Signals.Require(Signals.Interrupt);
        project.UseWholeModel();
        project.Write("  a: { method: sparsellm, sparsity: 0.5 }", samples: 16);
        using Process build = StartBuild();
        ReadUntil("layer 1/4 pruned", build);
        Signals.Send(build, Signals.Interrupt);
        string error = build.StandardError.ReadToEnd();
        build.WaitForExit();
        build.ExitCode.ShouldBe(130);
        error.ShouldContain("layers are kept");
        engines.WaitForEnd();
        project.Leftovers().ShouldBeEmpty();
    }

    [Fact]
    public void A_tool_that_is_killed_leaves_no_worker_behind()
    {
        project.UseWholeModel();
        project.Write("  a: { method: sparsellm, sparsity: 0.5 }", samples: 16);
        using Process build = StartBuild();
        ReadUntil("layer 1/4 pruned", build);
        build.Kill();
        build.WaitForExit();
        engines.WaitForEnd();
    }

    [Fact]
    public void Budgets_are_shares_of_the_memory_of_the_device()
    {
        Build("--device", "cpu-torch").ExitCode.ShouldBe(0);
        SpilledBytes().ShouldBe(0);
        Dictionary<string, string> made = RecipeProject.Digests(Artifact);
        Directory.Delete(project.Models, recursive: true);
        engines.Run(
            "small device",
            project.Arguments("build", "--device", "cpu-torch", "--cache", "off")).ExitCode.ShouldBe(0);
        SpilledBytes().ShouldBeGreaterThan(0);
        RecipeProject.Digests(Artifact)["model.safetensors"].ShouldBe(made["model.safetensors"]);
    }

    [Fact]
    public void Prune_and_eval_use_it_too()
    {
        string output = project["pruned"];
        ToolRun prune = engines.Run(
            "", "prune", ShallowModel.Of("tiny-opt"), "--method", "magnitude", "--sparsity", "0.5", "-o", output,
            "--device", "cpu-torch");
        prune.ExitCode.ShouldBe(0, prune.Error);
        File.Delete(engines.Started);
        File.WriteAllText(project["eval.txt"], File.ReadAllText(Repository.Text("sample-eval.txt"))[..4000]);
        string[] eval = ["eval", output, "--text", project["eval.txt"], "--json", "--device"];
        double byWorker = engines.Run("", [.. eval, "cpu-torch"]).Json.GetProperty("perplexity").GetDouble();
        engines.ProcessId.ShouldNotBeNull();
        byWorker.ShouldBe(ToolRun.Of([.. eval, "cpu"]).Json.GetProperty("perplexity").GetDouble());
    }

    private static string[] Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(" s elapsed")[0].Split(", mean")[0])];

    private static void ReadUntil(string progress, Process build)
    {
        string? line;
        do
        {
            line = build.StandardError.ReadLine();
        }
        while (line is not null && !line.Contains(progress, StringComparison.Ordinal));
        line.ShouldNotBeNull();
    }

    private Process StartBuild()
        => ToolProcess.Start(engines.Environment(), project.Arguments("build", "--device", "cpu-torch"));

    private long SpilledBytes() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Artifact, "pruning.json"))).RootElement
            .GetProperty("spilledBytes")
            .GetInt64();

    private ToolRun Build(params string[] options) => Run("build", options);

    private ToolRun Run(string command, params string[] options)
        => engines.Run("", project.Arguments(command, options));

    public void Dispose()
    {
        project.Dispose();
        engines.Dispose();
    }
}
