using System.CommandLine;
using System.Globalization;
using SparseLlm.Benchmarks.Cluster;
using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Tool.Tests.Slurm;

var only = new Option<string[]>("--only")
{
    Description = "What to do: overhead, faults, watching, scale. By default all.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["overhead", "faults", "watching", "scale"],
};
var runs = new Option<int>("--runs")
{
    Description = "How often the overhead is measured; the median counts.",
    DefaultValueFactory = _ => 3
};
var units = new Option<int>("--units")
{
    Description = "Artifacts of the sweeps whose overhead is measured and whose node is lost.",
    DefaultValueFactory = _ => 20
};
var many = new Option<int>("--many")
{
    Description = "Artifacts of the sweep that is watched.",
    DefaultValueFactory = _ => 200
};
var overhead = new Option<double>("--overhead")
{
    Description = "Seconds that a job adds, where they are not measured."
};
var watched = new Option<double>("--watching")
{
    Description = "Seconds of the processor to submit and watch a unit, where they are not measured."
};
var restored = new Option<double>("--restoring")
{
    Description = "Seconds to put an artifact in its place, where they are not measured."
};
var directory = new Option<string>("--directory")
{
    Description = "Where to work; a folder is made there, and deleted again.",
    DefaultValueFactory = _ => Path.GetTempPath()
};

var root = new RootCommand("Measures builds on a small Slurm of its own, and prints the results as Markdown.")
{
    only,
    runs,
    units,
    many,
    overhead,
    watched,
    restored,
    directory
};
root.SetAction(arguments =>
{
    CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
    var costs = new ScaleOnPaper(
        arguments.GetValue(overhead),
        arguments.GetValue(watched),
        arguments.GetValue(restored));
    string[] chosen = arguments.GetRequiredValue(only);
    if (chosen.Any(name => name != "scale"))
    {
        if (SlurmCluster.Missing is { } missing)
        {
            Console.Error.WriteLine($"{missing}: install Slurm, as with 'apt-get install slurm-wlm'");
            return 1;
        }

        using var cluster = new SlurmCluster();
        using var workspace = new Workspace(arguments.GetRequiredValue(directory), "cluster")
        {
            Variables = cluster.Environment
        };
        if (chosen.Contains("overhead"))
        {
            var benchmark = new OverheadOfUnits(workspace, arguments.GetValue(units));
            costs = costs with { Overhead = benchmark.Measure(arguments.GetValue(runs)) };
        }

        if (chosen.Contains("faults"))
        {
            new LostNodes(workspace, cluster, arguments.GetValue(units)).Measure();
        }

        if (chosen.Contains("watching"))
        {
            (double watching, double restoring) = new CostOfWatching(workspace, arguments.GetValue(many)).Measure();
            costs = costs with { Watching = watching, Restoring = restoring };
        }
    }

    if (chosen.Contains("scale"))
    {
        costs.Show();
    }

    return 0;
});
return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
