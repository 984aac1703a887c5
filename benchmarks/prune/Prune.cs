using System.Diagnostics;
using System.Text.Json;
using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Prune;

/// <summary>A prune of a whole model, by this project's tool or by the peer's script, in a process of its
/// own.</summary>
/// <param name="Model">The directory of the model.</param>
/// <param name="Ids">The calibration tokens, a NumPy file.</param>
/// <param name="Windows">Calibration windows.</param>
/// <param name="Length">Tokens per window.</param>
/// <param name="Threads">Number of threads.</param>
internal sealed record Prune(string Model, string Ids, int Windows, int Length, int Threads)
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private const string Sparsity = "0.5";

    /// <summary>Prunes with the tool.</summary>
    /// <param name="method">The method, and what else to say on the command line.</param>
    public Cost WithTool(params string[] method)
    {
        string tool = Path.Combine(
            Repository.Root,
            "src",
            "SparseLlm.Tool",
            "bin",
            Configuration,
            "net10.0",
            "dotnet-sparsellm.dll");
        string output = Path.Combine(Path.GetDirectoryName(Model)!, "pruned");
        Run("dotnet",
        [
            tool, "prune", Model, "--method", .. method, "--sparsity", Sparsity, "--calibration", Ids, "--samples",
            $"{Windows}", "--sequence-length", $"{Length}",
            "--threads", $"{Threads}", "--cache", "off", "--no-progress", "--output", output,
        ]);
        JsonElement manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "pruning.json"))).RootElement;
        Directory.Delete(output, recursive: true);
        return Read(manifest);
    }

    /// <summary>Prunes with PyTorch.</summary>
    public Cost WithTorch(string method) => Read(JsonDocument.Parse(Run(
        "/usr/bin/python3",
        [Path.Combine(
            AppContext.BaseDirectory,
            "torch",
            "prune.py"), Model, Ids, method, Sparsity, $"{Windows}", $"{Length}", $"{Threads}"])).RootElement);

    private static Cost Read(JsonElement costs)
        => new(costs.GetProperty("seconds").GetDouble(), costs.GetProperty("peakMemory").GetInt64());

    private static string Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}\n{output}{error.Result}");
    }
}

/// <summary>What a prune takes.</summary>
/// <param name="Seconds">Wall time, the start of the process not counted.</param>
/// <param name="PeakBytes">Peak memory of the process.</param>
internal sealed record Cost(double Seconds, long PeakBytes);
