using System.CommandLine;
using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm eval MODEL --text FILE</c>: the perplexity of a model on a text.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model")
        {
            Description = "A Hugging Face directory, dense, pruned or packed, or hf://owner/name."
        };
        var text = new Option<string[]>("--text")
        {
            Description = $"The text: {TextOptions.Forms}",
            Required = true,
            AllowMultipleArgumentsPerToken = false
        };
        var reading = new TextOptions();
        Option<int?> length = CommandAction.SequenceLength();
        Option<int?> windows = CommandAction.AtLeast(
            1,
            new Option<int?>("--windows") { Description = "Measure the first windows alone." });
        var sources = new SourceOptions();
        var computing = new EngineOptions();
        Option<MemoryBudget?> memory = CommandAction.Memory();
        Option<string?> cache = CommandAction.Cache();
        Option<bool> json = CommandAction.Json();
        Option<bool> noProgress = CommandAction.NoProgress();
        var command = new Command("eval", "Measure the perplexity of a model on a text.") { model, text };
        reading.AddTo(command);
        command.Add(length, windows);
        computing.AddTo(command);
        command.Add(memory, cache, json, noProgress);
        sources.AddTo(command);
        command.SetWork((arguments, cancellation) =>
        {
            TextSource source = reading.Source(
                sources.Texts(arguments, arguments.GetRequiredValue(text), cancellation,
                    arguments.GetValue(noProgress)),
                arguments);
            string directory = sources.Model(
                arguments,
                arguments.GetRequiredValue(model),
                cancellation,
                arguments.GetValue(noProgress));
            BuildCache opened = CommandAction.OpenCache(arguments.GetValue(cache));
            using IEngine engine = Devices.OpenToMeasure(directory, computing.Choose(arguments));
            var perplexityText = new PerplexityText(
                Path.GetFileName(source.Paths[0]), source, arguments
                    .GetValue(length), new SourceLocation(source.Paths[0]))
            { Windows = arguments.GetValue(windows) };
            Perplexity perplexity = ProgressDisplay.Run(arguments.GetValue(noProgress), progress =>
            {
                var dense = new DenseModel(directory, engine.NumericsClass, opened);
                return new PerplexityMeter(dense, engine, arguments.GetValue(memory) ?? MemoryBudget.Default, progress)
                    .Of(directory, dense.Digests.All, new DirectoryInfo(directory).Name, perplexityText, cancellation);
            });
            new Terminal(arguments.GetValue(json)).Result(
                new { FormatVersion = 1, Perplexity = perplexity.Value, perplexity.Tokens, perplexity.Windows },
                console => console.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"perplexity {perplexity.Value:0.0000} over "
                    + $"{perplexity.Tokens} tokens in {perplexity.Windows} windows")));
            return ExitCodes.Done;
        }, isTidy: true);
        return command.WithExamples(
        [
            new("eval models/opt-125m --text data/eval.txt", "Perplexity on a text."),
            new(
                "eval pruned --text data/eval.jsonl --field content --sequence-length 512 --json",
                "On a field of JSON lines, in short windows, as JSON."),
        ]);
    }
}
