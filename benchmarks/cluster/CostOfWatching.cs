using System.Diagnostics;
using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Cluster;

/// <summary>What it costs the machine that submits to have many units computed elsewhere.</summary>
internal sealed class CostOfWatching(Workspace workspace, int units)
{
    /// <summary>Measures and prints.</summary>
    /// <returns>Seconds of the submitting machine's processor by unit: to submit and watch it, and to put it in its
    /// place.</returns>
    public (double Watching, double Restoring) Measure()
    {
        var sweep = new Sweep(
            workspace,
            "watching",
            new SyntheticModel(ModelFamily.Llama, 2, 64, 192, 2),
            "magnitude",
            units);
        sweep.Forget();
        ProcessCost submitted = Run(sweep.Build("--executor", "slurm"));
        sweep.Forget(keepsCache: true);
        ProcessCost restored = Run(sweep.Build("--executor", "slurm"));
        double watching = (submitted.Own + submitted.Children - restored.Own - restored.Children) / units;
        Console.WriteLine($"""

            | {units} units | time | processor of the build | of its `sbatch` and `squeue` |
            |---|---|---|---|
            | submitted, watched and put in their places | {submitted} |
            | put in their places only, from the cache | {restored} |

            Submitting and watching a unit costs {1000 * watching:0} ms of the processor, putting it in its place
            {1000 * restored.Own / units:0} ms.
            """);
        return (watching, restored.Wall / units);
    }

    private ProcessCost Run(string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        using Process process = workspace.StartSparsellm(arguments);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        ProcessCost cost = new(0, 0, 0);
        do
        {
            cost = ProcessCost.Of(process) ?? cost;
        }
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(100)));

        return process.ExitCode == 0
            ? cost with { Wall = clock.Elapsed.TotalSeconds }
            : throw new InvalidOperationException($"sparsellm {string.Join(' ', arguments)} has failed.");
    }
}
