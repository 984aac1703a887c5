using System.CommandLine;
using System.Globalization;
using SparseLlm.Benchmarks.Incremental;
using SparseLlm.Benchmarks.Workloads;

var runs = new Option<int>("--runs")
{
    Description = "How often each side is measured; the median counts.",
    DefaultValueFactory = _ => 5
};
var only = new Option<string[]>("--only")
{
    Description = "What to measure: no-op, status, restore, edit, resume. By default all.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["no-op", "status", "restore", "edit", "resume"],
};
var large = new Option<double>("--large")
{
    Description = "Gigabytes of the model whose status is asked; a sparse file.",
    DefaultValueFactory = _ => 20
};
var restored = new Option<double>("--restored")
{
    Description = "Gigabytes of the artifact that is taken from the cache.",
    DefaultValueFactory = _ => 1
};
var layers = new Option<int>("--layers")
{
    Description = "Decoder layers of the model that is edited and resumed.",
    DefaultValueFactory = _ => 10
};
var directory = new Option<string>("--directory")
{
    Description = "Where to work; a folder is made there, and deleted again.",
    DefaultValueFactory = _ => Path.GetTempPath()
};

var root = new RootCommand("Measures what builds cost that have little or nothing to do, and prints it as Markdown.")
{
    runs,
    only,
    large,
    restored,
    layers,
    directory
};
root.SetAction(arguments =>
{
    CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
    using var workspace = new Workspace(arguments.GetRequiredValue(directory), "incremental");
    int count = arguments.GetValue(runs);
    Console.WriteLine("| what | measured | beside it | | goal |\n|---|---|---|---|---|");
    foreach (string name in arguments.GetRequiredValue(only))
    {
        IEnumerable<Measurement> measurements = name switch
        {
            "no-op" => new NoOpBuild(workspace).Measure(count),
            "status" => new StatusOfLargeModel(workspace, arguments.GetValue(large)).Measure(count),
            "restore" => new RestoreFromCache(workspace, arguments.GetValue(restored)).Measure(count),
            "edit" => new EditOfLastLayer(workspace, arguments.GetValue(layers)).Measure(count),
            "resume" => new ResumeAfterKill(workspace, arguments.GetValue(layers)).Measure(count),
            _ => throw new ArgumentException($"There is no measurement '{name}'."),
        };
        foreach (Measurement measurement in measurements)
        {
            Console.WriteLine(measurement.ToMarkdown());
        }
    }
});
return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
