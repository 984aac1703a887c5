using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using SparseLlm.Benchmarks.Quality;
using SparseLlm.Models;
using SparseLlm.Pruning.Settings;

// Every cell runs in a process of its own, so that its peak memory is its own.
var models = new Option<string[]>("--models")
{
    Description = "Hugging Face directories.",
    Required = true,
    AllowMultipleArgumentsPerToken = true
};
var calibration = new Option<string>("--calibration") { Description = "The calibration text.", Required = true };
var evaluation = new Option<string>("--evaluation")
{
    Description = "The text to measure perplexity on.",
    Required = true
};
var methods = new Option<string[]>("--methods")
{
    Description = "Methods; presets and variants of sparsellm as sparsellm:best.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["magnitude", "wanda", "ria", "sparsegpt", "admm", "alps", "sparsellm:paper", .. Preset
        .All
        .Select(preset => $"sparsellm:{preset.Name}")],
};
var patterns = new Option<string[]>("--patterns")
{
    Description = "Sparsities and N:M patterns.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["0.5", "0.6", "0.7", "0.8", "0.9", "2:4", "4:8"],
};
var offsets = new Option<int>("--offsets")
{
    Description = "How many calibration sets to average over.",
    DefaultValueFactory = _ => 3
};
var peers = new Option<string?>("--peers")
{
    Description = "Perplexities to print beside: JSON, model name -> method -> pattern -> perplexity."
};
var file = new Option<string?>("--results")
{
    Description = "A file that keeps the results; cells that are in it are not run again."
};
var curve = new Option<bool>("--curve")
{
    Description = "Print perplexity by bits of a weight instead, for the preset balanced and the first calibration set."
};
var only = new Option<bool>("--print") { Description = "Run nothing, print what the results file has." };
var cell = new Option<string?>("--cell") { Hidden = true };

var root = new RootCommand("Prints what each method and preset leaves of each model, as Markdown.")
{
    models, calibration, evaluation, methods, patterns, offsets, peers, file, curve, only, cell,
};
root.SetAction(arguments =>
{
    string calibrationText = arguments.GetRequiredValue(calibration);
    string evaluationText = arguments.GetRequiredValue(evaluation);
    string[] directories = arguments.GetRequiredValue(models);
    if (arguments.GetValue(cell) is { } description)
    {
        Cell own = JsonSerializer.Deserialize<Cell>(description)!;
        Console.WriteLine(JsonSerializer.Serialize(own.Run(directories[0], calibrationText, evaluationText)));
        return;
    }

    var results = new ResultFile(arguments.GetValue(file));
    int sets = arguments.GetValue(offsets);
    bool isCurve = arguments.GetValue(curve);
    if (!arguments.GetValue(only))
    {
        // The first calibration set of every cell comes before the second of any.
        IEnumerable<(string, Cell)> cells = isCurve
            ? directories.SelectMany(directory => CurveTable.Cells(Name(directory)).Select(own => (directory, own)))
            : from offset in Enumerable.Range(0, sets)
              from directory in directories
              from method in arguments.GetRequiredValue(methods)
              from pattern in arguments.GetRequiredValue(patterns)
              select (directory, new Cell(Name(directory), method, pattern, offset));
        foreach ((string directory, Cell next) in directories.Select(
            directory => (directory, new Cell(Name(directory), Cell.DenseMethod, "0", 0))).Concat(cells))
        {
            if (results.Find(next) is null)
            {
                results.Add(next, RunInOwnProcess(next, directory, calibrationText, evaluationText));
            }
        }
    }

    PeerPerplexities? known = arguments.GetValue(peers) is { } path ? PeerPerplexities.Read(path) : null;
    foreach (string directory in directories)
    {
        if (isCurve)
        {
            new CurveTable(Name(directory), DecoderModel.ReadDefinition(directory), results).Write(Console.Out);
            continue;
        }

        new QualityTable(
            Name(directory),
            arguments.GetRequiredValue(methods),
            arguments.GetRequiredValue(patterns),
            sets,
            results,
            known).Write(Console.Out);
    }
});
return root.Parse(args).Invoke();

static string Name(string directory) => Path.GetFileName(Path.TrimEndingDirectorySeparator(directory));

static CellResult RunInOwnProcess(Cell cell, string model, string calibration, string evaluation)
{
    Console.Error.WriteLine($"{cell.Model} {cell.Method} {cell.Pattern}, calibration set {cell.Offset}");
    var start = new ProcessStartInfo(
        "dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "SparseLlm.Benchmarks.Quality.dll"),
            "--models", model, "--calibration", calibration, "--evaluation", evaluation, "--cell",
                JsonSerializer.Serialize(cell),
        ])
    {
        RedirectStandardOutput = true,
    };
    using Process process = Process.Start(start)!;
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode == 0
        ? JsonSerializer.Deserialize<CellResult>(output)!
        : throw new InvalidOperationException($"{cell} failed");
}
