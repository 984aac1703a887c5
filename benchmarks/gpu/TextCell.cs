using System.Diagnostics;
using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Numerics.TorchSharp;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tuning.Global;

namespace SparseLlm.Benchmarks.Gpu;

/// <summary>A sample model that is pruned on a text, and what it then has for perplexity on another.</summary>
/// <param name="Name">The sample.</param>
/// <param name="Preset">Of sparsellm.</param>
/// <param name="Sparsity">The share of weights to prune.</param>
/// <param name="Calibration">The text to prune on.</param>
/// <param name="Evaluation">The text to measure perplexity on.</param>
internal sealed record TextCell(string Name, string Preset, double Sparsity, string Calibration, string Evaluation)
{
    private const int Samples = 128;

    private string Directory => Path.Combine(Repository.Root, "samples", "models", Name);

    /// <summary>Prints what is left, and what it took.</summary>
    /// <param name="device">Where; <c>built-in</c> for the built-in engine.</param>
    public void Measure(string device)
    {
        using IBackend backend = device == "built-in" ? new CpuBackend() : new TorchBackend(device);
        using var model = DecoderModel.Open(Directory, backend);
        var settings = PruningSettings.For(
            PruningMethod.SparseLlm,
            SparseLlm.Pruning.Settings.Preset.Find(Preset));
        int length = CalibrationTokens.DefaultSequenceLength(model.Definition.MaximumLength);
        var tokens = new CalibrationTokens(Ids(Calibration)[..(Samples * length)], length);
        var clock = Stopwatch.StartNew();
        SparsityPlan plan = BudgetAllocation.Allocate(
            model,
            settings,
            new SparsityPlan(new SparsityPattern.Unstructured(Sparsity), []),
            tokens);
        PrunedLayer[] layers = [.. new ModelPruner(model, settings, plan, tokens).Run()];
        Print("pruned", model, layers, clock.Elapsed, device);
        if (!settings.TunesTogether())
        {
            return;
        }

        clock.Restart();
        using var pruned = new PrunedCopy(model, layers, tables: null);
        using var tuning = new GlobalTuning(model, pruned.Model, settings, plan, tokens);
        while (tuning.RunEpoch(CancellationToken.None))
        {
        }

        PrunedLayer[] tuned = [.. layers, .. tuning.Result(layers)];
        Print($"tuned together, pass {tuning.Report.Kept}", model, tuned, clock.Elapsed, device);
    }

    private void Print(string what, DecoderModel model, PrunedLayer[] layers, TimeSpan time, string device)
    {
        using var copy = new PrunedCopy(model, layers, tables: null);
        double perplexity = Perplexity.Measure(copy.Model, Ids(Evaluation), null, new SourceLocation("benchmark"))
            .Value;
        Console.WriteLine(
            $"RESULT {Name}, {Sparsity}, {Preset} on {device}: {what} in {time.TotalSeconds:0.0} s, "
            + $"perplexity {perplexity:0.0000}");
    }

    private int[] Ids(string path)
        => CalibrationText.ReadIds(new TextSource([Path.GetFullPath(path)]), () => Tokenizer.Load(Directory));
}
