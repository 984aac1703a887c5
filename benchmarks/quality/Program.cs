using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using SparseLlm.Benchmarks.Quality;

// Every cell runs in a process of its own, so that its peak memory is its own.
var models = new Option<string[]>("--models") { Description = "Hugging Face directories.", Required = true, AllowMultipleArgumentsPerToken = true };
var calibration = new Option<string>("--calibration") { Description = "The calibration text.", Required = true };
var evaluation = new Option<string>("--evaluation") { Description = "The text to measure perplexity on.", Required = true };
var methods = new Option<string[]>("--methods")
{
    Description = "Methods; presets of sparsellm as sparsellm:best.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["magnitude", "wanda", "ria", "sparsegpt", "admm", "alps", .. SparseLlm.Pruning.Settings.Preset.All.Select(preset => $"sparsellm:{preset.Name}")],
};
var patterns = new Option<string[]>("--patterns")
{
    Description = "Sparsities and N:M patterns.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["0.5", "0.6", "0.7", "0.8", "0.9", "2:4", "4:8"],
};
var offsets = new Option<int>("--offsets") { Description = "How many calibration sets to average over.", DefaultValueFactory = _ => 3 };
var peers = new Option<string?>("--peers") { Description = "Perplexities to print beside: JSON, model name -> method -> pattern -> perplexity." };
var cell = new Option<string?>("--cell") { Hidden = true };

var root = new RootCommand("Prints what each method and preset leaves of each model, as Markdown.") { models, calibration, evaluation, methods, patterns, offsets, peers, cell };
root.SetAction(arguments =>
{
    string calibrationText = arguments.GetRequiredValue(calibration);
    string evaluationText = Path.GetFullPath(arguments.GetRequiredValue(evaluation));
    if (arguments.GetValue(cell) is { } description)
    {
        Console.WriteLine(JsonSerializer.Serialize(JsonSerializer.Deserialize<Cell>(description)!.Run(calibrationText, evaluationText)));
        return;
    }

    PeerPerplexities? known = arguments.GetValue(peers) is { } path ? PeerPerplexities.Read(path) : null;
    foreach (string model in arguments.GetRequiredValue(models))
    {
        var table = new QualityTable(model, arguments.GetRequiredValue(patterns), known);
        foreach (string method in arguments.GetRequiredValue(methods))
        {
            table.Add(method, pattern => [.. Enumerable.Range(0, arguments.GetRequiredValue(offsets)).Select(offset =>
                RunInOwnProcess(new Cell(Path.GetFullPath(model), method, pattern, offset), model, calibrationText, evaluationText))]);
        }

        table.Write(Console.Out);
    }
});
return root.Parse(args).Invoke();

static CellResult RunInOwnProcess(Cell cell, string model, string calibration, string evaluation)
{
    Console.Error.WriteLine($"{Path.GetFileName(model)} {cell.Method} {cell.Pattern}, calibration set {cell.Offset}");
    var start = new ProcessStartInfo(
        "dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "SparseLlm.Benchmarks.Quality.dll"),
            "--models", model, "--calibration", calibration, "--evaluation", evaluation, "--cell", JsonSerializer.Serialize(cell),
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
