using System.Diagnostics;
using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Models;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Numerics.TorchSharp;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tuning.Global;

namespace SparseLlm.Benchmarks.Gpu;

/// <summary>Decoder layers with seeded random weights, pruned to one half on seeded random tokens.</summary>
/// <param name="Directory">Where the model is, or is written.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Method">sparsegpt, balanced, best or global.</param>
/// <param name="Windows">Calibration windows.</param>
/// <param name="Length">Tokens per window.</param>
/// <param name="Precision">How products are computed.</param>
internal sealed record PruneCell(
    string Directory,
    SyntheticModel Shape,
    string Method,
    int Windows,
    int Length,
    Precision Precision)
{
    private const double Sparsity = 0.5;
    private const int Vocabulary = 2048;
    private const int OperationsShown = 24;

    private string Title
        => $"{Path.GetFileName(Directory)}, {Method}, {Windows} x {Length} tokens, {Precision}".ToLowerInvariant();

    /// <summary>Prints what a prune takes.</summary>
    /// <param name="device">Where.</param>
    /// <param name="waits">Whether to wait for the device after each operation, and print the times of all.</param>
    public void Measure(string device, bool waits)
    {
        var log = new OperationLog(waits);
        using var backend = new TorchBackend(device, Console.WriteLine, log, Precision);
        using DecoderModel model = Open(backend);
        Console.WriteLine(
            $"{Title}, {backend.Description}, {backend.NumericsClass}{(waits ? ", waiting after each operation" : "")}");
        WarmUp(backend);
        log.Clear();
        var clock = Stopwatch.StartNew();
        var printer = new Printer(clock);
        SparsityPlan plan = Plan(model, printer);
        IEnumerable<PrunedLayer> pruned = Prune(model, plan, printer);
        // Layers are counted and let go where they are not tuned together, so that a whole model does not have to fit
        // into the host's memory.
        PrunedLayer[] kept = Settings.TunesTogether() ? [.. pruned] : [];
        int layers = kept.Length > 0 ? kept.Length : pruned.Count();
        double seconds = clock.Elapsed.TotalSeconds;
        double ofLayers = printer.LastLayer - printer.FirstLayer;
        Console.WriteLine(
            $"RESULT {Title}: {ofLayers / layers:0.00} s per layer, {printer.FirstLayer:0.00} s before the first, "
            + $"{seconds - printer.LastLayer:0.00} s after the last; "
            + $"{LeastOperations / ofLayers / 1e12:0.0} TFLOP/s of the arithmetic that SparseGPT takes; "
            + $"{log.Operations.Values.Sum(cost => cost.Count)} operations, {log.Uploads.Count} uploads of "
            + $"{log.Uploads.Bytes >> 20} MiB, "
            + $"{log.Downloads.Count} downloads of {log.Downloads.Bytes >> 20} MiB");
        if (kept.Length > 0)
        {
            clock.Restart();
            GlobalReport report = TuneTogether(model, plan, kept, printer);
            Console.WriteLine(
                $"RESULT {Title}: {clock.Elapsed.TotalSeconds / report.Epochs.Count:0.00} s per pass, writing the "
                + $"model included; {Losses(report)}");
        }

        if (waits)
        {
            foreach ((string name, OperationCost cost) in log.Operations.OrderByDescending(pair => pair.Value.Time)
                .Take(OperationsShown))
            {
                Console.WriteLine($"  {name,-28} {cost.Count,7} x {cost.Time.TotalMilliseconds / cost.Count,10:0.000} "
                    + $"ms = {cost.Time.TotalSeconds,8:0.000} s");
            }

            Console.WriteLine($"  {"outside of operations",-28} {"",22} "
                + $"{seconds - log.Operations.Values.Sum(cost => cost.Time.TotalSeconds),10:0.000} s");
        }
    }

    /// <summary>Prints how the masks and errors of a device differ from those of the built-in engine.</summary>
    public void Compare(string device)
    {
        using var torch = new TorchBackend(device, precision: Precision);
        using var cpu = new CpuBackend();
        (PrunedLayer[] actual, GlobalReport? tuned) = PruneOn(torch);
        (PrunedLayer[] expected, GlobalReport? tunedBuiltIn) = PruneOn(cpu);
        long weights = 0;
        long differing = 0;
        foreach ((PrunedTensor one, PrunedTensor other) in Tensors(expected).Zip(Tensors(actual)))
        {
            weights += one.Values.Length;
            differing += one.Values.Zip(other.Values).Count(pair => pair.First == 0 != (pair.Second == 0));
        }

        Console.WriteLine(
            $"RESULT agreement, {Title}: {100.0 * differing / weights:0.0000} % of the masks differ; mean relative "
            + $"error {Error(actual):0.000000} on {device}, {Error(expected):0.000000} built in");
        if (tuned is not null && tunedBuiltIn is not null)
        {
            Console.WriteLine($"RESULT agreement, {Title}: {Losses(tuned)} on {device}");
            Console.WriteLine($"RESULT agreement, {Title}: {Losses(tunedBuiltIn)} built in");
        }
    }

    /// <summary>
    /// The arithmetic of SparseGPT for a layer, by its shapes: each token through the layer, and through it again for
    /// the layer behind; upper triangles of four Gram matrices; the factors; what every weight tells the columns after
    /// it.
    /// </summary>
    private double LeastOperations
    {
        get
        {
            double tokens = (double)Windows * Length;
            double weights = Shape.LayerBytes / sizeof(float);
            double hidden = Shape.Hidden;
            double wide = Shape.FeedForward;
            double forward = 2 * tokens * weights + 2 * tokens * Length * hidden;
            double grams = tokens * (3 * hidden * hidden + wide * wide);
            double factors = 2.0 / 3 * (3 * Math.Pow(hidden, 3) + Math.Pow(wide, 3));
            double sweeps = (weights - hidden * wide) * hidden + hidden * wide * wide;
            return Shape.Layers * (2 * forward + grams + factors + sweeps);
        }
    }

    private static IEnumerable<PrunedTensor> Tensors(PrunedLayer[] layers)
        => layers.SelectMany(layer => layer.Tensors);

    private static double Error(PrunedLayer[] layers)
        => layers.SelectMany(layer => layer.Linears).Average(linear => linear.RelativeError ?? 0);

    /// <summary>Loads what libraries load at their first use, so that it is not counted.</summary>
    private static void WarmUp(IBackend backend)
    {
        using Matrix<float> x = backend.Allocate<float>(512, 512);
        using Matrix<double> h = backend.Allocate<double>(512, 512);
        using Matrix<double> u = backend.Allocate<double>(512, 512);
        backend.AddDiagonal(h, 1);
        backend.AccumulateGram(x, h);
        backend.MirrorUpper(h);
        backend.TryInverseFactor(h, u);
        using Matrix<float> mask = backend.Allocate<float>(512, 512);
        backend.ObsSweep(x, u, 512, 128, mask);
    }

    private (PrunedLayer[] Layers, GlobalReport? Tuned) PruneOn(IBackend backend)
    {
        using DecoderModel model = Open(backend);
        SparsityPlan plan = Plan(model, progress: null);
        PrunedLayer[] layers = [.. Prune(model, plan, progress: null)];
        return (layers, Settings.TunesTogether() ? TuneTogether(model, plan, layers, progress: null) : null);
    }

    private DecoderModel Open(IBackend backend)
    {
        if (!File.Exists(Path.Combine(Directory, "model.safetensors")))
        {
            Shape.Write(Directory);
        }

        return DecoderModel.Open(Directory, backend);
    }

    private PruningSettings Settings => Method == "sparsegpt"
        ? PruningSettings.For(PruningMethod.SparseGpt)
        : PruningSettings.For(PruningMethod.SparseLlm, Preset.Find(Method));

    private CalibrationTokens Tokens()
    {
        var random = new Random(3);
        return new CalibrationTokens(
            [.. Enumerable.Range(0, Windows * Length).Select(_ => random.Next(Vocabulary))],
            Length);
    }

    private SparsityPlan Plan(DecoderModel model, IProgress<PruningProgress>? progress) => BudgetAllocation.Allocate(
        model,
        Settings,
        new SparsityPlan(new SparsityPattern.Unstructured(Sparsity), []),
        Tokens(),
        progress: progress);

    private IEnumerable<PrunedLayer> Prune(
        DecoderModel model, SparsityPlan plan, IProgress<PruningProgress>? progress)
        => new ModelPruner(model, Settings, plan, Tokens(), progress).Run();

    private GlobalReport TuneTogether(
        DecoderModel model, SparsityPlan plan, PrunedLayer[] layers, IProgress<PruningProgress>? progress)
    {
        using var pruned = new PrunedCopy(model, layers, tables: null);
        using var tuning = new GlobalTuning(model, pruned.Model, Settings, plan, Tokens(), progress: progress);
        while (tuning.RunEpoch(CancellationToken.None))
        {
        }

        return tuning.Report;
    }

    private static string Losses(GlobalReport report)
        => $"divergence on held-back windows {report.HeldBackBefore:0.000000} before, then "
        + string.Join(' ', report.Epochs.Select(epoch => $"{epoch.HeldBackLoss:0.000000}"));

    /// <summary>Prints what is done as it is done, so that a run that is cut off has told how far it came.</summary>
    private sealed class Printer(Stopwatch clock) : IProgress<PruningProgress>
    {
        /// <summary>When the first layer began, in seconds.</summary>
        public double FirstLayer { get; private set; }

        /// <summary>When the last layer was done, in seconds.</summary>
        public double LastLayer { get; private set; }

        public void Report(PruningProgress value)
        {
            if (value is GlobalStep)
            {
                return;
            }

            double now = clock.Elapsed.TotalSeconds;
            Console.WriteLine($"  {now,8:0.00} s  {Text(value)}");
            switch (value)
            {
                case LayerStarted { Layer: 0 }:
                    FirstLayer = now;
                    break;
                case LayerFinished:
                    LastLayer = now;
                    break;
                default:
                    break;
            }
        }

        private static string Text(PruningProgress value) => value switch
        {
            MatrixPruned matrix => $"{matrix.Report.Name}, error {matrix.Report.RelativeError:0.0000}",
            _ => value.ToString(),
        };
    }
}
