using System.CommandLine;
using System.Globalization;
using SparseLlm.Benchmarks.Gpu;
using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Numerics;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var device = new Option<string>("--device")
{
    Description = "cuda, cuda:N, or cpu for libtorch on the processor.",
    DefaultValueFactory = _ => "cuda"
};
var shape = new Option<string>("--shape")
{
    Description = "The shape of the decoder layers.",
    DefaultValueFactory = _ => "llama-2-7b"
};
shape.AcceptOnlyFromAmong([.. LayerShape.All.Keys]);
var layers = new Option<int>("--layers") { Description = "Decoder layers.", DefaultValueFactory = _ => 1 };
var method = new Option<string>("--method")
{
    Description = "What prunes: sparsegpt, or the preset balanced, best or global of sparsellm.",
    DefaultValueFactory = _ => "sparsegpt"
};
method.AcceptOnlyFromAmong("sparsegpt", "balanced", "best", "global");
var windows = new Option<int>("--windows") { Description = "Calibration windows.", DefaultValueFactory = _ => 128 };
var length = new Option<int>("--length") { Description = "Tokens per window.", DefaultValueFactory = _ => 2048 };
var waits = new Option<bool>("--waits")
{
    Description = "Wait for the device after every operation, and print which of them take the time."
};
var precision = new Option<Precision>("--precision")
{
    Description = "exact, or fast: products from halves on tensor cores.",
    DefaultValueFactory = _ => Precision.Exact
};
var directory = new Option<string>("--directory")
{
    Description = "Where the models are written, once for each shape.",
    DefaultValueFactory = _ => Path.GetTempPath()
};

var conformance = new Command("conformance", "Runs the tests that every backend must pass.") { device };
conformance.SetAction(arguments => ConformanceRun.On(arguments.GetRequiredValue(device)) ? 0 : 1);

var prune = new Command("prune", "Prunes decoder layers with seeded random weights.")
{
    device,
    shape,
    layers,
    method,
    windows,
    length,
    precision,
    waits,
    directory
};
prune.SetAction(
    arguments => PruneCell(arguments).Measure(arguments.GetRequiredValue(device), arguments.GetValue(waits)));

var agree = new Command("agree", "Prunes on the device and by the built-in engine, and compares masks and errors.")
{
    device,
    shape,
    layers,
    method,
    windows,
    length,
    precision,
    directory
};
agree.SetAction(arguments => PruneCell(arguments).Compare(arguments.GetRequiredValue(device)));

var sample = new Option<string>("--sample")
{
    Description = "A sample model.",
    DefaultValueFactory = _ => "tiny-llama"
};
var sparsity = new Option<double>("--sparsity")
{
    Description = "The share of weights to prune.",
    DefaultValueFactory = _ => 0.8
};
var calibration = new Option<string>("--calibration")
{
    Description = "The text to prune on.",
    DefaultValueFactory = _ => Path.Combine(Repository.Root, "samples", "data", "sample-calibration.txt")
};
var evaluation = new Option<string>("--evaluation")
{
    Description = "The text to measure perplexity on.",
    DefaultValueFactory = _ => Path.Combine(Repository.Root, "samples", "data", "sample-eval.txt")
};
var text = new Command(
    "text",
    "Prunes a sample model by a preset, and measures its perplexity; --device may be built-in.")
{
    device,
    sample,
    method,
    sparsity,
    calibration,
    evaluation
};
text.SetAction(arguments => new TextCell(
    arguments.GetRequiredValue(sample),
    arguments.GetRequiredValue(method),
    arguments.GetValue(sparsity),
    arguments.GetRequiredValue(calibration),
    arguments.GetRequiredValue(evaluation)).Measure(arguments.GetRequiredValue(device)));

return new RootCommand("Measures the engine on libtorch, on a CUDA device or on the processor. run.sh calls it.")
{
    conformance,
    prune,
    agree,
    text
}
    .Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

PruneCell PruneCell(ParseResult arguments)
{
    SyntheticModel model = LayerShape.All[arguments.GetRequiredValue(shape)] with
    {
        Layers = arguments.GetValue(layers)
    };
    return new PruneCell(
        Path.Combine(
            arguments.GetRequiredValue(directory),
            $"{arguments.GetValue(shape)}-{model.Layers}"), model, arguments.GetRequiredValue(method),
        arguments.GetValue(windows), arguments.GetValue(length), arguments.GetValue(precision));
}
