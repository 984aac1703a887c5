using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Cluster;

/// <summary>What it costs to compute a unit in a job instead of in the process of the build.</summary>
internal sealed class OverheadOfUnits(Workspace workspace, int units)
{
    /// <summary>Measures and prints.</summary>
    /// <returns>Seconds that a unit takes on its node beside its own work.</returns>
    public double Measure(int runs)
    {
        var sweep = new Sweep(
            workspace,
            "overhead",
            new SyntheticModel(ModelFamily.Llama, 2, 64, 192, 2),
            "magnitude",
            units);
        var times = new List<(double Local, double Workers, double Single, double Both)>();

        // The first build finds no file in memory.
        Run(sweep, () => workspace.Sparsellm(sweep.Build("--executor", "local")));
        for (int run = 0; run < runs; run++)
        {
            double local = Run(sweep, () => workspace.Sparsellm(sweep.Build("--executor", "local")));
            double workers = Run(sweep, () =>
            {
                foreach (string name in sweep.Names)
                {
                    workspace.Sparsellm(sweep.Worker(name));
                }
            });
            double single = Run(
                sweep,
                () => workspace.Sparsellm(sweep.Build("--executor", "slurm", "--max-parallel", "1")));
            double both = Run(sweep, () => workspace.Sparsellm(sweep.Build("--executor", "slurm")));
            times.Add((local, workers, single, both));
        }

        double alone = Timing.Median(times.Select(time => time.Local));
        Console.WriteLine($"\n| {units} units | time | per unit | of the build in one process |\n|---|---|---|---|");
        Show("in the process of the build", times.Select(time => time.Local));
        Show("a worker process for each, one after the other", times.Select(time => time.Workers));
        Show("a job for each, one at a time", times.Select(time => time.Single));
        Show("a job for each, on two nodes", times.Select(time => time.Both));
        double overhead = (Timing.Median(times.Select(time => time.Single)) - alone) / units;
        Console.WriteLine($"\nA unit in a job takes {overhead:0.00} s more than in the process of the build.");
        return overhead;

        void Show(string what, IEnumerable<double> values)
        {
            double time = Timing.Median(values);
            Console.WriteLine($"| {what} | {time:0.0} s | {time / units:0.00} s | **{time / alone:0.0}** |");
        }
    }

    private static double Run(Sweep sweep, Action build)
    {
        sweep.Forget();
        return Timing.Of(build);
    }
}
