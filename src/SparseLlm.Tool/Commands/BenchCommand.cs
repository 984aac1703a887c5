using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SparseLlm.Runtime;
using SparseLlm.Runtime.Kernels;
using SparseLlm.Tool.Generating;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm bench MODEL</c>: how fast a model runs here, and what it takes.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        Argument<string> model = RunCommand.ModelToRun();
        Option<int> promptTokens = CommandAction.AtLeast(1, new Option<int>("--prompt-tokens")
        {
            Description = "Tokens of the prompt, which are read at once.",
            DefaultValueFactory = _ => 128
        });
        Option<int> tokens = CommandAction.AtLeast(1, new Option<int>("--tokens")
        {
            Description = "Tokens that follow, one by one.",
            DefaultValueFactory = _ => 64
        });
        Option<int> repeat = CommandAction.AtLeast(1, new Option<int>("--repeat")
        {
            Description = "How often; the medians are shown.",
            DefaultValueFactory = _ => 3
        });
        Option<int?> threads = CommandAction.Threads("Threads that compute");
        var sources = new SourceOptions();
        Option<bool> json = CommandAction.Json();
        Option<bool> noProgress = CommandAction.NoProgress();
        var command = new Command("bench", "Measure how fast a model runs, and what it takes of the machine.")
        {
            model,
            promptTokens,
            tokens,
            repeat,
            threads,
            json,
            noProgress
        };
        sources.AddTo(command);
        command.SetWork((arguments, cancellation) =>
        {
            (int prompt, int generated, int runs) = (arguments.GetValue(promptTokens), arguments.GetValue(tokens),
            arguments.GetValue(repeat));
            string directory = sources.Model(
                arguments,
                arguments.GetRequiredValue(model),
                cancellation,
                arguments.GetValue(noProgress));
            long begin = Stopwatch.GetTimestamp();
            using LanguageModel opened = RunCommand.Open(
                directory,
                checked(prompt + generated),
                arguments.GetValue(threads));
            double load = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            (double prefill, double decode) = new Benchmark(opened, prompt, generated).Run(
                runs,
                run =>
                {
                    if (!arguments.GetValue(noProgress))
                    {
                        Terminal.Progress(FormattableString.Invariant($"run {run} of {runs}"));
                    }
                },
                cancellation);
            var result = new
            {
                FormatVersion = 1,
                PrefillTokensPerSecond = Math.Round(prefill, 3),
                DecodeTokensPerSecond = Math.Round(decode, 3),
                BytesPerToken = opened.Memory.Token,
                Tally.PeakMemory,
                LoadSeconds = Math.Round(load, 4),
                PromptTokens = prompt,
                Tokens = generated,
                Repeat = runs,
                opened.Threads,
                Instructions = InstructionSets.Best.ToString().ToLowerInvariant(),
                WeightBytes = opened.Memory.Weights,
                CacheBytes = opened.Memory.Sequence,
            };
            new Terminal(arguments.GetValue(json)).Result(result, console => console.WritePairs(
            [
                ("prefill", Text($"{prefill:N1} tokens a second, {prompt} at once")),
                ("decode", Text($"{decode:N1} tokens a second, {generated} one by one ({1000 / decode:N2} ms each)")),
                ("weights", Text($"{result.WeightBytes:N0} bytes, of which a token reads {result.BytesPerToken:N0}")),
                ("keys and values", Text($"{result.CacheBytes:N0} bytes for these {prompt + generated} tokens")),
                ("memory", Text($"{result.PeakMemory:N0} bytes at most, mapped weights included")),
                ("loading", Text($"{load:N3} s")),
                ("on", Text($"{result.Threads} threads, {result.Instructions}")),
            ]));
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("bench pruned", "Tokens a second, and memory."),
            new("bench packed --prompt-tokens 512 --tokens 128 --threads 1 --json", "Longer, on one thread, as JSON."),
        ]);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
