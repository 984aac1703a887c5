using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Units;
using SparseLlm.Pipeline.Workers;
using SparseLlm.Tool.Commands;

namespace SparseLlm.Tool.Tests;

/// <summary>Workers as a scheduler starts them: processes that know their number.</summary>
public sealed class Workers : IDisposable
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

    private readonly RecipeProject project = new(
        string.Join('\n', Names.Select(
            (name, index) => $"  {name}: {{ method: magnitude, sparsity: 0.{index + 4} }}")));

    [Fact]
    public async Task Workers_on_one_cache_compute_each_artifact_once_and_a_build_takes_them_all()
    {
        ToolRun[] runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(index => Work(
            index, new() { ["SPARSELLM_CACHE"] = project.Cache, ["JOB_COMPLETION_COUNT"] = "3" })));
        runs.ShouldAllBe(run => run.ExitCode == 0);
        Pruned(runs).ShouldBe(Names);

        ToolRun build = project.Run("build", "--on-cache-miss", "error");
        build.ExitCode.ShouldBe(0, build.Error);
        Names.ShouldAllBe(name => File.Exists(Path.Combine(project.Models, name, "model.safetensors")));
    }

    [SkippableFact]
    public async Task Workers_of_an_exported_job_leave_their_results_in_the_remote_cache()
    {
        using var server = new CacheRemoteServer();
        ToolRun export = ToolRun.Of("cluster", "export", "kubernetes", project["pruning.yaml"], "--image", "image",
            "--workers", "2", "--remote-cache", server.Address.AbsoluteUri);
        k8s.Models.V1Container pod = k8s.KubernetesYaml.LoadAllFromString(export.Output, strict: true)
            .OfType<k8s.Models.V1Job>().Single().Spec.Template.Spec.Containers[0];
        ToolRun[] runs = await Task.WhenAll(Enumerable.Range(0, 2).Select(index => Work(
            index,
            pod.Env.ToDictionary(
                variable => variable.Name,
                variable => variable.Value.Replace(
                    "/scratch",
                    Directory.CreateDirectory(project[$"pod{index}"]).FullName)),
            [.. pod.Command.Skip(4)])));
        runs.ShouldAllBe(run => run.ExitCode == 0);
        Pruned(runs).ShouldBe(Names);

        ToolRun build = ToolProcess.Run(
            new() { ["SPARSELLM_REMOTE_CACHE"] = server.Address.AbsoluteUri },
            project.Arguments("build", "--on-cache-miss", "error"));
        build.ExitCode.ShouldBe(0, build.Error);
    }

    [Fact]
    public async Task A_worker_whose_results_have_to_come_into_the_remote_cache_fails_before_it_computes_for_nothing()
    {
        ToolRun run = await Work(
            0,
            new()
            {
                ["SPARSELLM_CACHE"] = project.Cache,
                ["SPARSELLM_REMOTE_CACHE"] = "http://127.0.0.1:9/",
                ["SPARSELLM_REMOTE_CACHE_MODE"] = "read",
                ["JOB_COMPLETION_COUNT"] = "1",
            },
            "--require-remote");
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("SLM4065: 'a' has to come into the remote cache");
        Pruned([run]).ShouldBeEmpty();
    }

    [SkippableFact]
    public void A_worker_whose_disk_is_full_computes_no_more_layers_and_says_so()
    {
        project.UseWholeModel();
        project.Write("  a: { method: magnitude, sparsity: 0.5 }");
        string small = Directory.CreateDirectory(project["small"]).FullName;
        string run = Directory.CreateDirectory(project["run"]).FullName;
        Skip.IfNot(
            OperatingSystem.IsLinux() && Command("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", small) == 0,
            "only root can mount a file system of its own");
        try
        {
            ToolRun worker = project.Run("worker", "--artifact", "a", "--run", run, "--cache", small);
            worker.ExitCode.ShouldBe(1);
            worker.Error.ShouldContain("SLM4065: 'a' cannot be stored in the cache on ");
            worker.Error.ShouldNotContain("layer 3/4 pruned");
            UnitStatus.TryRead(RunFolder.StatusIn(run, "a"))!.Failures.Single().Code.ShouldBe("SLM4065");
        }
        finally
        {
            Command("umount", small);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void What_nodes_have_written_whose_clocks_are_an_hour_off_is_taken_as_it_is(int hours)
    {
        project.Run("worker", "--artifact", "a").ExitCode.ShouldBe(0);
        foreach (string file in Directory.EnumerateFiles(project.Cache, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(hours));
        }

        ToolRun worker = project.Run("worker");
        worker.ExitCode.ShouldBe(0, worker.Error);
        Pruned([worker]).ShouldBe(["b", "c", "d"]);
        project.Run("build", "--on-cache-miss", "error").ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("4/4")]
    [InlineData("-1/4")]
    [InlineData("0/0")]
    [InlineData("1")]
    [InlineData("1/2/3")]
    [InlineData("one/two")]
    [InlineData("0/99999999999")]
    public void A_share_that_is_none_is_refused(string shard)
    {
        ToolRun run = project.Run("worker", "--shard", shard);
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain($"SLM5001: --shard is '{shard}'");
    }

    [Fact]
    public void A_share_is_read_from_the_variables_of_Slurm_and_Kubernetes()
    {
        Share(("JOB_COMPLETION_INDEX", "2"), ("JOB_COMPLETION_COUNT", "5")).ShouldBe((2, 5));
        Share(("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_COUNT", "4"), ("SLURM_ARRAY_TASK_MIN", "1"))
            .ShouldBe((2, 4));
        Share(("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_COUNT", "4")).ShouldBe((3, 4));
        Share().ShouldBeNull();
        Share(("JOB_COMPLETION_INDEX", ""), ("JOB_COMPLETION_COUNT", "5")).ShouldBeNull();
    }

    [Theory]
    [InlineData("2", null, "JOB_COMPLETION_COUNT is not set")]
    [InlineData("5", "5", "JOB_COMPLETION_COUNT is '5'")]
    [InlineData("two", "5", "JOB_COMPLETION_INDEX is 'two'")]
    public void A_number_without_a_share_is_refused_because_every_worker_would_do_everything(
        string index,
        string? count,
        string problem)
    {
        Diagnostic error = Should.Throw<DiagnosticException>(() => WorkerEnvironment.Share(name => name switch
        {
            "JOB_COMPLETION_INDEX" => index,
            "JOB_COMPLETION_COUNT" => count,
            _ => null,
        })).Diagnostics.Single();
        error.Code.ShouldBe("SLM5001");
        error.Message.ShouldContain(problem);
    }

    [Theory]
    [InlineData(RunFolder.Probe, "--check")]
    [InlineData("a", "--artifact", "a")]
    public void A_worker_that_cannot_even_begin_tells_whoever_watches_why(string name, params string[] options)
    {
        string run = Directory.CreateDirectory(project["run"]).FullName;
        File.AppendAllText(project["pruning.yaml"], "\nnonsense: true\n");
        project.Run("worker", ["--run", run, .. options]).ExitCode.ShouldBe(2);
        UnitStatus status = UnitStatus.TryRead(RunFolder.StatusIn(run, name)).ShouldNotBeNull();
        status.State.ShouldBe(UnitState.Failed);
        status.Failures.Single().Code.ShouldBe("SLM1003");
    }

    [Theory]
    [InlineData(0, 4, null, 0, 2, 0)]
    [InlineData(1, 4, null, 0, 2, 1)]
    [InlineData(3, 4, null, 1, 2, 1)]
    [InlineData(2, 3, null, 1, 2, 0)]
    [InlineData(0, 1, "1", 0, 1, 1)]
    public void Workers_that_do_an_artifact_together_have_the_same_share_and_each_a_part_of_the_windows(
        int index,
        int count,
        string? task,
        int share,
        int shares,
        int part)
    {
        (WorkShare Share, WindowPart Part) together = WorkerEnvironment.Together(
            new WorkShare(index, count),
            workers: 2,
            name => task is null ? null : name switch
            {
                "SLURM_NTASKS" => "2",
                "SLURM_PROCID" => task,
                _ => null,
            });
        (together.Share.Index, together.Share.Count).ShouldBe((share, shares));
        (together.Part.Index, together.Part.Count).ShouldBe((part, 2));
    }

    private static (int, int)? Share(params (string Name, string Value)[] variables) => WorkerEnvironment.Share(
        name => variables.FirstOrDefault(variable => variable.Name == name).Value) is WorkShare share
        ? (share.Index, share.Count)
        : null;

    /// <summary>A worker of the recipe, with the number that Kubernetes gives it.</summary>
    private Task<ToolRun> Work(int index, Dictionary<string, string> environment, params string[] options)
    {
        environment["JOB_COMPLETION_INDEX"] = $"{index}";
        return Task.Run(() => ToolProcess.Run(environment, ["worker", project["pruning.yaml"], .. options]));
    }

    /// <summary>The artifacts whose first layer was computed, as often as it was.</summary>
    private static string[] Pruned(ToolRun[] runs) =>
    [
        .. runs.SelectMany(run => run.Error.Split('\n')).Where(line => line.Contains(": layer 1/2 pruned"))
            .Select(line => line[..line.IndexOf(':')]).Order(),
    ];

    private static int Command(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    public void Dispose() => project.Dispose();
}
