using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Benchmarks.Runtime.Models;

/// <summary>
/// Whole models in this runtime and in llama.cpp, side by side. All are open in one process, and take turns of a few
/// tokens; every combination of instructions and threads has a process of its own, since both are chosen when a library
/// is loaded.
/// </summary>
internal static class ModelComparison
{
    private const int TokensPerTurn = 4;
    private const int ContextLength = 2048;

    // Longer ones take so long that one run says enough.
    private const int LongPrompt = 256;

    private static readonly Option<string[]> Shapes = new("--shapes")
    {
        Description = "Shapes of models.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. ModelShape.All.Select(shape => shape.Name)],
    };

    private static readonly Option<int[]> Threads = new("--threads")
    {
        Description = "Numbers of threads.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 2]
    };
    private static readonly Option<int[]> Contexts = new("--contexts")
    {
        Description = "Tokens before those that are measured.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [128, 1024]
    };
    private static readonly Option<string[]> Instructions = new("--instructions")
    {
        Description = "Avx2, Avx512 or both.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => Vector512.IsHardwareAccelerated ? ["Avx2", "Avx512"] : ["Avx2"],
    };

    private static readonly Option<string[]> Taking = new("--contestants")
    {
        Description = "Who takes part beside those that all are held against.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. Contestants.Names],
    };
    private static readonly Option<int> Turns = new("--turns")
    {
        Description = "How often each takes its turn; medians count.",
        DefaultValueFactory = _ => 15
    };
    private static readonly Option<int> Layers = new("--layers")
    {
        Description = "Decoder layers, where it should not be as many as the published model has."
    };
    private static readonly Option<string> Folder = new("--folder")
    {
        Description = "Where the models are written, some 30 GB; they stay there.",
        DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "sparsellm-runtime-benchmark")
    };
    private static readonly Option<string> Contestant = new("--contestant")
    {
        Description = "Who is measured alone.",
        DefaultValueFactory = _ => ""
    };

    /// <summary>The command.</summary>
    public static Command Models()
    {
        var command = new Command(
            "models",
            "Generates with whole models, dense and pruned, and with llama.cpp, and prints tables as Markdown.")
        {
            Shapes,
            Threads,
            Contexts,
            Instructions,
            Turns,
            Layers,
            Folder,
            Taking,
        };
        command.SetAction(RunAll);
        return command;
    }

    /// <summary>What <see cref="Models"/> starts as a process for each combination.</summary>
    public static IEnumerable<Command> Parts()
    {
        var turns = new Command("turns") { Shapes, Threads, Contexts, Instructions, Turns, Layers, Folder, Taking };
        turns.Hidden = true;
        turns.SetAction(MeasureTurns);
        yield return turns;
        var alone = new Command("alone") { Shapes, Threads, Instructions, Layers, Folder, Contestant };
        alone.Hidden = true;
        alone.SetAction(MeasureAlone);
        yield return alone;
    }

    private static void RunAll(ParseResult arguments)
    {
        foreach (string shape in arguments.GetRequiredValue(Shapes))
        {
            RandomModel model = Model(arguments, shape);
            string[] names = TakingPart(arguments);
            foreach (string name in names)
            {
                Contestants.PathOf(name, model);
            }

            string[] common = ["--shapes", shape, "--layers", $"{arguments.GetValue(Layers)}", "--folder", arguments
                .GetRequiredValue(Folder)];
            foreach (string instructions in arguments.GetRequiredValue(Instructions))
            {
                foreach (int threads in arguments.GetRequiredValue(Threads))
                {
                    string[] combination = [.. common, "--threads", $"{threads}", "--instructions", instructions];
                    Start(instructions, ["turns", .. combination, "--turns", $"{arguments.GetValue(Turns)}",
                        "--contexts", .. arguments.GetRequiredValue(Contexts).Select(context => $"{context}"),
                        "--contestants", .. names]);
                }
            }

            Console.WriteLine($"\n{shape}, alone in a process, two threads: opening and the first token, and the most "
                + $"memory, mapped files included\n");
            Console.WriteLine("| | open, s | with the first token, s | peak memory, MB |");
            Console.WriteLine("|---|---:|---:|---:|");
            foreach (string name in names)
            {
                Start(arguments.GetRequiredValue(Instructions)[
                    ^1], ["alone", .. common, "--threads", "2", "--instructions",
                    arguments.GetRequiredValue(Instructions)[^1], "--contestant", name]);
            }
        }
    }

    private static void Start(string instructions, string[] arguments)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            [typeof(ModelComparison).Assembly.Location, .. arguments]);
        if (instructions == "Avx2")
        {
            start.Environment["DOTNET_EnableAVX512"] = "0";
        }

        using Process process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', arguments)} failed.");
        }
    }

    private static void MeasureTurns(ParseResult arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        string shape = arguments.GetRequiredValue(Shapes)[0];
        int threads = arguments.GetRequiredValue(Threads)[0];
        string instructions = arguments.GetRequiredValue(Instructions)[0];
        LlamaCppContestant.Configure(instructions == "Avx512");
        RandomModel model = Model(arguments, shape);
        string[] names = TakingPart(arguments);
        IContestant[] contestants
            = [.. names.Select(name => Contestants.Open(name, model, threads, ContextLength).Contestant)];
        double bandwidth = ReadBandwidth(threads);
        foreach (int context in arguments.GetRequiredValue(Contexts))
        {
            Console.WriteLine($"\n{shape}, {instructions}, {threads} thread(s), context {context}; reading memory: "
                + $"{bandwidth / 1e9:0.0} GB/s\n");
            Console.WriteLine("| | ms a token | times as fast as dense BF16 | times as fast as llama.cpp BF16 | time "
                + "to read the weights / time | weights, MB a token | prefill, tokens/s | prefill, times llama.cpp F16 "
                + "|");
            Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|");
            double[] prefill = [.. contestants.Select(contestant => Prefill(contestant, context))];
            double[][] times = Decode(contestants, arguments.GetValue(Turns));
            for (int i = 0; i < contestants.Length; i++)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {contestants[i].Name} | {Timing.Median(times[i]):0.0} | {Ratio(times[names.IndexOf(Contestants.Dense)], times[i]):0.00} | "
                    + $"{Ratio(times[names.IndexOf(Contestants.PeerBFloat16)], times[i]):0.00} | "
                    + $"{contestants[i].Bytes / bandwidth * 1000 / Timing.Median(times[i]):0.00} | "
                    + $"{contestants[i].Bytes / 1e6:0} | {prefill[i]:0} | "
                    + $"{prefill[i] / prefill[names.IndexOf(Contestants.PeerHalf)]:0.00} |"));
            }
        }

        foreach (IContestant contestant in contestants)
        {
            contestant.Dispose();
        }
    }

    /// <summary>Those who were asked for, and those that all are held against.</summary>
    private static string[] TakingPart(ParseResult arguments) => [.. Contestants.Names.Where(
        name => name is Contestants.Dense or Contestants.PeerBFloat16 or Contestants.PeerHalf
            || arguments.GetRequiredValue(Taking).Contains(name))];

    /// <summary>The median over the turns of how many times as fast the other is.</summary>
    private static double Ratio(double[] one, double[] other) => Timing.Median(one.Zip(other, (a, b) => a / b));

    private static double Prefill(IContestant contestant, int context)
    {
        int[] prompt = [.. Enumerable.Range(0, context).Select(i => i * 37 % 30000 + 300)];
        contestant.Prefill(prompt[..Math.Min(context, 64)]);
        int runs = context <= LongPrompt ? 3 : 1;
        return context
            / Timing.Median(Enumerable.Range(0, runs).Select(_ => Timing.Of(() => contestant.Prefill(prompt))));
    }

    /// <summary>Milliseconds a token, by contestant and turn. The first token of a turn, before which another one's
    /// threads were at work, does not count.</summary>
    private static double[][] Decode(IContestant[] contestants, int turns)
    {
        double[][] times = [.. contestants.Select(_ => new double[turns])];
        for (int turn = 0; turn < turns; turn++)
        {
            for (int i = 0; i < contestants.Length; i++)
            {
                IContestant contestant = contestants[i];
                contestant.Decode(turn + 1000);
                times[i][turn] = 1000 * Timing.Of(() =>
                {
                    for (int token = 0; token < TokensPerTurn; token++)
                    {
                        contestant.Decode(turn * TokensPerTurn + token + 2000);
                    }
                }) / TokensPerTurn;
            }
        }

        return times;
    }

    private static unsafe double ReadBandwidth(int threads)
    {
        const long Bytes = 1L << 29;
        byte* memory = (byte*)NativeMemory.AllocZeroed((nuint)Bytes);
        new Span<byte>(memory, (int)Bytes).Fill(1);
        using var team = new WorkerTeam(threads);
        double seconds = Timing.Median(
            Enumerable.Range(0, 9).Select(_ => Timing.Of(() => Reading.Run(team, [((nint)memory, Bytes)]))));
        NativeMemory.Free(memory);
        return Bytes / seconds;
    }

    private static void MeasureAlone(ParseResult arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        LlamaCppContestant.Configure(arguments.GetRequiredValue(Instructions)[0] == "Avx512");
        string name = arguments.GetRequiredValue(Contestant);
        long start = Stopwatch.GetTimestamp();
        (IContestant contestant, double load) = Contestants.Open(
            name,
            Model(arguments, arguments.GetRequiredValue(Shapes)[0]),
            arguments.GetRequiredValue(Threads)[0],
            ContextLength);
        contestant.Prefill([1000]);
        double first = Stopwatch.GetElapsedTime(start).TotalSeconds;
        contestant.Prefill([.. Enumerable.Range(1000, 512)]);
        contestant.Decode(7);
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {load:0.00} | {first:0.00} | {self.PeakWorkingSet64 / 1e6:0} |"));
        contestant.Dispose();
    }

    private static RandomModel Model(ParseResult arguments, string shape)
    {
        ModelShape full = ModelShape.Named(shape);
        Directory.CreateDirectory(arguments.GetRequiredValue(Folder));
        return new RandomModel(
            arguments.GetValue(Layers) is > 0 and int layers ? full.WithLayers(layers) : full,
            arguments.GetRequiredValue(Folder));
    }
}
