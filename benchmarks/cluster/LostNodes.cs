using System.Diagnostics;
using System.Text.RegularExpressions;
using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Tool.Tests.Slurm;

namespace SparseLlm.Benchmarks.Cluster;

/// <summary>A sweep during which a node is lost and the build is killed twice: what is computed twice, and what comes
/// of it.</summary>
internal sealed partial class LostNodes(Workspace workspace, SlurmCluster cluster, int units)
{
    // When of the units so many are done, something happens.
    private const double KillBuild = 0.15;
    private const double KillNode = 0.4;
    private const double KillAgain = 0.6;

    private readonly Dictionary<string, string> logs = [];

    /// <summary>Runs and prints.</summary>
    public void Measure()
    {
        var sweep = new Sweep(
            workspace,
            "faults",
            new SyntheticModel(ModelFamily.Llama, 4, 128, 384, 4),
            "sparsellm",
            units);
        double local = Timing.Of(() => workspace.Sparsellm(sweep.Build("--executor", "local")));
        IReadOnlyDictionary<string, string> expected = sweep.Weights();
        sweep.Forget();

        double faulty = Timing.Of(() => Disturb(sweep));
        int[] finished = [.. Layers().GroupBy(layer => layer).Select(times => times.Count())];

        // Each process says what it computes on; a log's name is JOB_UNIT.
        int[] begun = [.. logs.GroupBy(log => log.Key.Split('_')[1], log => log.Value.Split("computing on").Length - 1)
            .Select(processes => processes.Sum())];
        Console.WriteLine($"""

            | {units} units of {sweep.Layers} layers | |
            |---|---|
            | in the process of the build, undisturbed | {local:0.0} s |
            | on two nodes, one of them lost, the build killed twice | {faulty:0.0} s |
            | artifacts that arrived | {sweep.Names.Count(name => Arrived(name))} of {units} |
            | weights equal to those of the local build | {Equal(sweep.Weights(), expected)} of {units} |
            | layers finished | {finished.Sum()}, of which {finished.Sum() - finished.Length} twice |
            | units begun | {begun.Sum()} times: {begun.Count(times => times > 1)} in more than one process |
            """);

        bool Arrived(string name) => File.Exists(workspace[$"faults/models/{name}/pruning.json"]);
    }

    private static int Equal(
        IReadOnlyDictionary<string, string> weights,
        IReadOnlyDictionary<string, string> expected) => weights.Count(pair => expected[pair.Key] == pair.Value);

    private void Disturb(Sweep sweep)
    {
        using (Process first = Start(sweep))
        {
            Follow(sweep, first, () => Done(sweep) >= KillBuild * units);
            Kill(first);
        }

        using (Process second = Start(sweep))
        {
            Follow(sweep, second, () => Done(sweep) >= KillNode * units && IsPruning(sweep, "n1"));
            cluster.Kill("n1");
            Follow(sweep, second, () => Done(sweep) >= KillAgain * units);
            Kill(second);
        }

        using Process third = Start(sweep);
        Follow(sweep, third, () => third.HasExited);
        cluster.Revive("n1");
        if (third.ExitCode != 0)
        {
            throw new InvalidOperationException("The build has failed.");
        }
    }

    private Process Start(Sweep sweep)
    {
        // Layers are shown in the logs of jobs, which have the progress that this one does not print.
        Process build = workspace.StartSparsellm(sweep.Build("--executor", "slurm"));
        build.OutputDataReceived += (_, _) => { };
        build.ErrorDataReceived += (_, _) => { };
        build.BeginOutputReadLine();
        build.BeginErrorReadLine();
        return build;
    }

    private static void Kill(Process build)
    {
        build.Kill();
        build.WaitForExit();
    }

    /// <summary>Reads the logs of jobs, which go with the end of the run, until something is so.</summary>
    private void Follow(Sweep sweep, Process build, Func<bool> condition)
    {
        while (!condition())
        {
            if (build.HasExited)
            {
                throw new InvalidOperationException("The build has ended too early.");
            }

            Read(sweep);
            Thread.Sleep(50);
        }
    }

    private void Read(Sweep sweep)
    {
        foreach (string log in sweep.Runs.SelectMany(run => Directory.EnumerateFiles(run, "*.log")))
        {
            try
            {
                logs[Path.GetFileName(log)] = File.ReadAllText(log);
            }
            catch (IOException)
            {
                // It goes at this moment.
            }
        }
    }

    /// <summary>Whether the unit on a node has finished its first layer, and not yet its last.</summary>
    private bool IsPruning(Sweep sweep, string node)
    {
        string job = cluster.Run(
            "squeue",
            "--noheader",
            "--states=RUNNING",
            $"--nodelist={node}",
            "--format=%F_%K").Trim();
        return logs.GetValueOrDefault($"{job}.log") is { } log && log.Contains(": layer 1/", StringComparison.Ordinal)
            && !log.Contains($": layer {sweep.Layers - 1}/", StringComparison.Ordinal);
    }

    private int Done(Sweep sweep)
        => Layers().Count(layer => layer.EndsWith($" {sweep.Layers}", StringComparison.Ordinal));

    /// <summary>The layers that were finished, each with the name of its unit.</summary>
    private IEnumerable<string> Layers() => logs.Values.SelectMany(log => Layer().Matches(log))
        .Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}");

    [GeneratedRegex(@"(?m)^(u\d+): layer (\d+)/\d+ pruned")]
    private static partial Regex Layer();
}
