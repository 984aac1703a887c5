using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using SparseLlm.Pipeline.Cache;

namespace SparseLlm.Tool.Tests.Slurm;

/// <summary>Builds that hand their artifacts to a real Slurm.</summary>
public sealed class BuildingOnSlurm(SlurmCluster cluster) : IClassFixture<SlurmCluster>, IDisposable
{
    private const string Four = """
          a: { method: magnitude, sparsity: 0.5 }
          b: { method: magnitude, sparsity: 0.6 }
          c: { method: wanda, sparsity: 0.5 }
          d: { method: sparsegpt, sparsity: 0.5 }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly RecipeProject project = new(Four);

    [SkippableFact]
    public void A_build_takes_from_the_cluster_what_it_would_have_made_itself()
    {
        Require();
        ToolRun run = Build("--memory", "1KB");
        run.ExitCode.ShouldBe(0, run.Error);
        File.ReadAllText(Path.Combine(project.Models, "d", "pruning.json"))
            .ShouldNotContain("\"spilledBytes\": 0", customMessage: "jobs have the memory that the build was given");
        string locked = File.ReadAllText(project.LockFile);
        foreach (string artifact in (string[])["a", "b", "c", "d"])
        {
            run.Error.ShouldContain($"{artifact}: from the cache");
        }

        string cluster = project["cluster"];
        Directory.Move(project.Models, cluster);
        project.Run("build", "--executor", "local", "--cache", "off").ExitCode.ShouldBe(0);
        foreach (string artifact in (string[])["a", "b", "c", "d"])
        {
            Weights(Path.Combine(cluster, artifact)).ShouldBe(Weights(Path.Combine(project.Models, artifact)));
        }

        File.ReadAllText(project.LockFile).ShouldBe(locked);
        Runs().ShouldBeEmpty("the folder of the run goes with its end");
    }

    [SkippableFact]
    public void Two_workers_prune_an_artifact_together_that_one_would_have_made_the_same()
    {
        Require();
        TokenIds.Write(project["ids.npy"], 1280 * 32);
        File.WriteAllText(project["pruning.yaml"], $$"""
            version: 1
            model: {{Repository.Family("opt")}}
            calibration: { text: ids.npy, samples: 1280, sequenceLength: 32 }
            artifacts:
              a: { method: wanda, sparsity: 0.5 }
            """);
        ToolRun run = Build("--shards-per-artifact", "2");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Error.ShouldContain("a: from the cache");
        cluster.Run("squeue", "--noheader", "--states=all", "--format=%D %o").Split('\n')
            .Single(line => line.Contains(project.Cache, StringComparison.Ordinal))
            .ShouldStartWith("2 ", customMessage: "the job has both nodes");

        string together = project["together"];
        Directory.Move(project.Models, together);
        project.Run("build", "--cache", "off").ExitCode.ShouldBe(0);
        Weights(Path.Combine(together, "a")).ShouldBe(Weights(Path.Combine(project.Models, "a")));
    }

    [SkippableFact]
    public void A_build_that_is_killed_and_started_again_finds_its_jobs_and_submits_none_twice()
    {
        Require();
        for (int kills = 0; kills < 2; kills++)
        {
            using Process build = ToolProcess.Start(cluster.Environment, Arguments());
            WaitFor(() => Jobs().Length > 0);
            build.Kill();
            build.WaitForExit();
        }

        ToolRun run = Build();
        run.ExitCode.ShouldBe(0, run.Error);
        Jobs().Select(job => job.Split('_')[1]).Order().ShouldBe(["0", "1", "2", "3"]);
    }

    [SkippableFact]
    public void Two_builds_at_the_same_time_share_their_jobs()
    {
        Require();
        using Process one = ToolProcess.Start(cluster.Environment, Arguments());
        using Process two = ToolProcess.Start(
            cluster.Environment,
            [.. Arguments().Select(word => word == project.Models ? project["others"] : word)]);
        Task<string> first = one.StandardError.ReadToEndAsync();
        Task<string> second = two.StandardError.ReadToEndAsync();
        Complete(one, first).ExitCode.ShouldBe(0, first.Result);
        Complete(two, second).ExitCode.ShouldBe(0, second.Result);
        Jobs().Length.ShouldBe(4);
    }

    [SkippableFact]
    public void A_unit_whose_node_is_lost_is_computed_on_another()
    {
        Require();
        project.Write("""
              long: { method: sparsellm, sparsity: 0.5 }
            """,
            samples: 48);
        using Process build = ToolProcess.Start(cluster.Environment, Arguments());
        Task<string> said = build.StandardError.ReadToEndAsync();
        string node = "";
        WaitFor(
            () => (node = cluster.Run("squeue", "--noheader", "--states=RUNNING", "--format=%N").Trim()).Length > 0);
        WaitFor(() => Statuses().Any(status => status.Contains("layer", StringComparison.Ordinal)));
        cluster.Kill(node);
        try
        {
            Complete(build, said).ExitCode.ShouldBe(0, said.Result);
            said.Result.ShouldContain("long: from the cache");
        }
        finally
        {
            cluster.Revive(node);
        }
    }

    [SkippableFact]
    public void A_build_outlives_a_controller_that_is_started_again()
    {
        Require();
        using Process build = ToolProcess.Start(cluster.Environment, Arguments());
        Task<string> said = build.StandardError.ReadToEndAsync();
        WaitFor(() => Jobs().Length > 0);
        cluster.RestartController(() => Thread.Sleep(TimeSpan.FromSeconds(3)));
        Complete(build, said).ExitCode.ShouldBe(0, said.Result);
    }

    [SkippableFact]
    public void What_sbatch_refuses_is_an_error_that_says_so_and_submits_nothing()
    {
        Require();
        File.AppendAllText(project["pruning.yaml"], """

            executor:
              slurm:
                partition: nowhere
            """);
        ToolRun run = Build();
        run.ExitCode.ShouldBe(1, run.Error);
        run.Error.ShouldContain("SLM4061");
        run.Error.ShouldContain("invalid partition");
        Jobs().ShouldBeEmpty();
    }

    [SkippableFact]
    public void A_unit_that_fails_names_its_job_its_log_and_its_own_error()
    {
        Require();
        project.Write("""
              bad: { method: wanda, sparsity: 0.5 }
            """,
            samples: 10_000_000);
        ToolRun run = Build();
        run.ExitCode.ShouldBe(1, run.Error);
        run.Error.ShouldContain("SLM4062");
        run.Error.ShouldContain("'bad': job ");
        run.Error.ShouldContain("SLM3002");
        run.Error.ShouldContain(".log");
        run.Error.ShouldNotContain("SLM4067", customMessage: "a text that is too short is too short the next time");
    }

    [SkippableFact]
    public void A_unit_that_another_worker_has_is_waited_for_and_submitted_again_once_that_one_is_dead()
    {
        Require();
        project.UseWholeModel();
        project.Write("""
              long: { method: sparsellm, sparsity: 0.5 }
            """,
            samples: 48);
        using Process worker = ToolProcess.Start(
            [],
            ["worker", project["pruning.yaml"], "--cache", project.Cache]);
        WaitForLine(worker, "long: layer 1/4 pruned");
        using Process build = ToolProcess.Start(cluster.Environment, Arguments());
        string before = WaitForLine(build, "long: another worker has it");
        worker.Kill();
        Task<string> after = build.StandardError.ReadToEndAsync();
        Complete(build, after).ExitCode.ShouldBe(0, before + after.Result);
        after.Result.ShouldContain("long: from the cache");
        Jobs().Length.ShouldBe(2);
    }

    [SkippableFact]
    public void A_build_that_is_called_off_says_that_its_jobs_go_on_and_how_to_cancel_them()
    {
        Require();
        Signals.Require(Signals.Interrupt);
        using Process build = ToolProcess.Start(cluster.Environment, Arguments());
        WaitFor(() => Jobs().Length > 0);
        Signals.Send(build, Signals.Interrupt);
        string said = build.StandardError.ReadToEnd();
        build.WaitForExit();
        Match cancel = Regex.Match(said, "'scancel (--name=[a-z0-9-]+)' cancels them");
        cancel.Success.ShouldBeTrue(said);
        cluster.Run("scancel", cancel.Groups[1].Value);
        WaitFor(() => cluster.Run("squeue", "--noheader", "--format=%o").Contains(project.Cache) is false);
    }

    [SkippableFact]
    public void A_node_that_does_not_do_says_why_before_anything_is_submitted()
    {
        Require();

        // Batch jobs have the variables of whoever submits them, but for those that are to be others.
        File.AppendAllText(project["pruning.yaml"], """

            executor:
              slurm:
                extra: ["--export=ALL,SPARSELLM_REMOTE_CACHE=nowhere"]
            """);
        ToolRun run = Build("--probe");
        run.ExitCode.ShouldBe(1, run.Error);
        run.Error.ShouldMatch("SLM4068: .+ says SLM4025: ");
        Jobs().ShouldHaveSingleItem("nothing but the probe is submitted");
    }

    [SkippableFact]
    public void Clearing_up_the_cache_removes_old_runs_whose_jobs_have_ended()
    {
        Require();
        string runs = BuildCache.Open(project.Cache, _ => { }).PrepareRuns();
        (string ended, string active, string fresh) = ("00000000000000aa", "00000000000000bb", "00000000000000cc");
        foreach (string run in (string[])[ended, active, fresh])
        {
            string script = Path.Combine(Directory.CreateDirectory(Path.Combine(runs, run)).FullName, "unit.sh");
            File.WriteAllText(script, "#!/bin/bash\nexec sleep 60\n");
            if (run != fresh)
            {
                File.SetLastWriteTimeUtc(script, DateTime.UtcNow.AddDays(-8));
                Directory.SetLastWriteTimeUtc(Path.GetDirectoryName(script)!, DateTime.UtcNow.AddDays(-8));
            }
        }

        cluster.Run("sbatch", $"--job-name=sparsellm-{active}-0", "--output=/dev/null",
            Path.Combine(runs, active, "unit.sh"));
        using Process collect = ToolProcess.Start(
            cluster.Environment,
            ["cache", "gc", "--yes", "--cache", project.Cache]);
        Complete(collect, collect.StandardError.ReadToEndAsync()).ExitCode.ShouldBe(0);
        Runs().Select(Path.GetFileName).Order().ShouldBe([active, fresh]);
    }

    [SkippableFact]
    public void A_unit_that_a_node_cannot_store_is_tried_again_with_the_reason_and_done_where_it_can_be()
    {
        Require();
        project.Write("""
              a: { method: magnitude, sparsity: 0.5 }
            """);

        // Time enough to be faster than the node.
        File.AppendAllText(project["pruning.yaml"], """

            executor:
              slurm:
                extra: [--begin=now+3]
            """);
        string blobs = Path.Combine(project.Cache, "cas");
        using Process build = ToolProcess.Start(cluster.Environment, Arguments());
        WaitFor(() => Jobs().Length > 0);
        Directory.Delete(blobs);
        File.WriteAllText(blobs, "what a node sees whose disk is damaged");
        string said = WaitForLine(build, "SLM4067: 'a' is tried again: job ");
        File.Delete(blobs);
        Directory.CreateDirectory(blobs);
        said.ShouldMatch("has failed with SLM4065: .*: 'a' cannot be stored in the cache on ");
        Task<string> after = build.StandardError.ReadToEndAsync();
        Complete(build, after).ExitCode.ShouldBe(0, after.Result);
        after.Result.ShouldContain("a: from the cache");
    }

    [SkippableFact]
    public void What_is_not_finished_in_time_goes_on_in_the_next_job()
    {
        Require();
        File.WriteAllText(
            project["pruning.yaml"],
            File.ReadAllText(project["pruning.yaml"]).Replace("samples: 4", "samples: 64", StringComparison.Ordinal)
                .Replace(Four, "  long: { method: sparsellm, sparsity: 0.5 }", StringComparison.Ordinal) + """

                executor:
                  slurm:
                    time: "0:07"
                """);
        ToolRun run = Build();
        run.ExitCode.ShouldBe(0, run.Error);
        Jobs().Length.ShouldBeGreaterThan(1);
        run.Error.ShouldContain("long: from the cache");
    }

    public void Dispose()
    {
        project.Dispose();
        if (SlurmCluster.Missing is null)
        {
            cluster.Run("scancel", "--user", Environment.UserName);
        }
    }

    private static void Require() => Skip.If(SlurmCluster.Missing is not null, SlurmCluster.Missing);

    private static void WaitFor(Func<bool> condition)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            since.Elapsed.ShouldBeLessThan(Patience);
            Thread.Sleep(50);
        }
    }

    /// <summary>Reads what a process says up to a line that begins so.</summary>
    private static string WaitForLine(Process process, string begin)
    {
        var said = new StringBuilder();
        do
        {
            said.AppendLine(process.StandardError.ReadLine().ShouldNotBeNull(said.ToString()));
        }
        while (!said.ToString().Contains(begin, StringComparison.Ordinal));

        return said.ToString();
    }

    private static Dictionary<string, string> Weights(string artifact) => RecipeProject.Digests(artifact)
        .Where(file => Path.GetExtension(file.Key) is ".safetensors")
        .ToDictionary();

    private ToolRun Build(params string[] options)
    {
        using Process build = ToolProcess.Start(cluster.Environment, Arguments(options));
        return Complete(build, build.StandardError.ReadToEndAsync());
    }

    /// <summary>Waits for a build, whose jobs may hang.</summary>
    private ToolRun Complete(Process build, Task<string> said)
    {
        Task<string> printed = build.StandardOutput.ReadToEndAsync();
        if (!build.WaitForExit(Patience))
        {
            build.Kill();
            cluster.Run("sinfo", "--Node", "--long").ShouldBeNull(said.Result);
        }

        return new ToolRun(build.ExitCode, printed.Result, said.Result);
    }

    private string[] Arguments(params string[] options)
        => project.Arguments("build", ["--executor", "slurm", .. options]);

    /// <summary>The tasks of this recipe's jobs that Slurm has ever had, as JOB_TASK.</summary>
    private string[] Jobs() =>
        [.. cluster.Run("squeue", "--noheader", "--array", "--states=all", "--format=%F_%K %Z %o").Split('\n')
            .Where(line => line.Contains(project.Cache, StringComparison.Ordinal))
            .Select(line => line.Split(' ')[0])];

    private string[] Runs() => Directory.Exists(Path.Combine(project.Cache, "runs"))
        ? Directory.GetDirectories(Path.Combine(project.Cache, "runs"))
        : [];

    private IEnumerable<string> Statuses() => Runs()
        .SelectMany(run => Directory.EnumerateFiles(run, "*.json"))
        .Select(File.ReadAllText);
}
