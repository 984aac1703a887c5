using System.CommandLine;
using System.Globalization;
using SparseLlm.Benchmarks.Prune;

var runs = new Option<int>("--runs")
{
    Description = "How often each side is measured, in turn; the median counts.",
    DefaultValueFactory = _ => 3
};
var only = new Option<string[]>("--only")
{
    Description = "What to measure: speed, memory, large. By default all.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["speed", "memory", "large"],
};
var methods = new Option<string[]>("--methods")
{
    Description = "Which methods to measure for speed and on the large model: sparsegpt, sparsellm. By default both.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["sparsegpt", "sparsellm"],
};
methods.AcceptOnlyFromAmong("sparsegpt", "sparsellm");
var windows = new Option<int>("--windows")
{
    Description = "Calibration windows of 2048 tokens where speed is measured.",
    DefaultValueFactory = _ => 32
};
var layers = new Option<int>("--layers")
{
    Description = "Decoder layers where speed is measured.",
    DefaultValueFactory = _ => 12
};
var largeLayers = new Option<int>("--large-layers")
{
    Description = "Decoder layers of the large model.",
    DefaultValueFactory = _ => 24
};
var threads = new Option<int>("--threads")
{
    Description = "Number of threads of both sides.",
    DefaultValueFactory = _ => Environment.ProcessorCount
};
var directory = new Option<string>("--directory")
{
    Description = "Where to work; a folder is made there, and deleted again.",
    DefaultValueFactory = _ => Path.GetTempPath()
};

var root = new RootCommand("Measures the time and memory of whole prunes, and prints them as Markdown.")
{
    runs,
    only,
    methods,
    windows,
    layers,
    largeLayers,
    threads,
    directory
};
root.SetAction(arguments =>
{
    CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
    string place = arguments.GetRequiredValue(directory);
    int count = arguments.GetValue(threads);
    foreach (string name in arguments.GetRequiredValue(only))
    {
        switch (name)
        {
            case "speed":
                new SpeedTable(
                    place,
                    arguments.GetValue(layers),
                    arguments.GetValue(windows),
                    count,
                    arguments.GetValue(runs)).Print(arguments.GetRequiredValue(methods));
                break;
            case "memory":
                new MemoryTable(place, count).Print();
                break;
            case "large":
                new LargeModel(place, arguments.GetValue(largeLayers), count).Print(
                    arguments.GetRequiredValue(methods));
                break;
            default:
                throw new ArgumentException($"There is no measurement '{name}'.");
        }

        Console.WriteLine();
    }
});
return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
