using System.Diagnostics;
using System.Globalization;
using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tables;
using SparseLlm.Pruning.Tests.Support;
using SparseLlm.Pruning.Tuning.Global;

namespace SparseLlm.Benchmarks.Quality;

/// <summary>One prune, and what is left of the model.</summary>
/// <param name="Model">The name of the model, which is its directory's.</param>
/// <param name="Method">A method, a preset or variant of sparsellm as <c>sparsellm:best</c>, or <c>dense</c> for no
/// prune at all; and, behind a plus, <see cref="Codes"/>.</param>
/// <param name="Pattern"><c>0.7</c> or <c>2:4</c>.</param>
/// <param name="Offset">How many calibration sets of this size to skip in the text.</param>
internal sealed record Cell(string Model, string Method, string Pattern, int Offset)
{
    /// <summary>The method of a model as it is.</summary>
    public const string DenseMethod = "dense";

    private const int Samples = 128;

    private static readonly SourceLocation Here = new("benchmark");

    /// <summary>Prunes and measures in this process.</summary>
    public CellResult Run(string directory, string calibration, string evaluation)
    {
        using var backend = new CpuBackend();
        using var model = DecoderModel.Open(directory, backend);
        int[] text = Ids(evaluation);
        double before = ProcessorSeconds();
        IReadOnlyList<PrunedLayer> layers = Pruner == DenseMethod ? [] : Prune();
        double seconds = Pruner == DenseMethod ? 0 : ProcessorSeconds() - before;
        long peak = Process.GetCurrentProcess().PeakWorkingSet64;
        if (FindCodes() is { InSolve: null } codes)
        {
            layers = RoundedLayers.Of(model, layers, codes.Rounded);
        }

        var tables = QuantizedTables.Of(
            model,
            new PruningSettings { Quantization = FindCodes()?.InSolve },
            Windows());
        using var changed = new PrunedCopy(model, layers, tables);
        return new CellResult(Perplexity.Measure(changed.Model, text, null, Here).Value, seconds, peak);

        PrunedLayer[] Prune()
        {
            CalibrationTokens tokens = Windows();
            SparsityPlan plan = BudgetAllocation.Allocate(
                model,
                Settings(),
                new SparsityPlan(ParsePattern(), []),
                tokens);
            PrunedLayer[] pruned = [.. new ModelPruner(model, Settings(), plan, tokens).Run()];
            return Settings().GlobalEpochs == 0 ? pruned : [.. pruned, .. TunedTogether(pruned, plan, tokens)];
        }

        PrunedLayer[] TunedTogether(PrunedLayer[] pruned, SparsityPlan plan, CalibrationTokens tokens)
        {
            using var untuned = new PrunedCopy(model, pruned, QuantizedTables.Of(model, Settings(), tokens));
            using var tuning = new GlobalTuning(model, untuned.Model, Settings(), plan, tokens);
            while (tuning.RunEpoch(CancellationToken.None))
            {
            }

            return [.. tuning.Result(pruned)];
        }

        CalibrationTokens Windows()
        {
            int length = CalibrationTokens.DefaultSequenceLength(model.Definition.MaximumLength);
            return new CalibrationTokens(
                Ids(calibration)[(Offset * Samples * length)..((Offset + 1) * Samples * length)],
                length);
        }

        int[] Ids(string path)
            => CalibrationText.ReadIds(new TextSource([Path.GetFullPath(path)]), () => Tokenizer.Load(directory));
    }

    /// <summary>How its matrices are quantised; null where they are not.</summary>
    public Codes? FindCodes() => Method.Split('+') is [_, var codes] ? Codes.Parse(codes) : null;

    /// <summary>Reads <see cref="Pattern"/>.</summary>
    public SparsityPattern ParsePattern() =>
        SparsityPattern.TryParseGroups(Pattern, out SparsityPattern.Groups groups, out _)
            ? groups
            : new SparsityPattern.Unstructured(double.Parse(Pattern, CultureInfo.InvariantCulture));

    private string Pruner => Method.Split('+')[0];

    private static double ProcessorSeconds()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }

    private PruningSettings Settings()
    {
        string[] parts = Pruner.Split(':');
        PruningMethod method = Enum.Parse<PruningMethod>(parts[0], ignoreCase: true);
        PruningSettings settings = parts.Length == 1 ? PruningSettings.For(method)
            : parts[1] == "paper" ? PruningSettings.For(method).WithVariant(SparseLlmVariant.Paper)
            : PruningSettings.For(
                method,
                Preset.Find(parts[1]) ?? throw new ArgumentException($"there is no preset {parts[1]}"));
        return settings with { Quantization = FindCodes()?.InSolve };
    }
}

/// <summary>What came of a cell.</summary>
/// <param name="Perplexity">Of the pruned model.</param>
/// <param name="Seconds">Processor time of the prune, which other work on the machine changes less than the time on the
/// clock; null where it cannot be compared, because another machine measured the other cells.</param>
/// <param name="PeakBytes">Peak memory of the process until the model was pruned.</param>
internal sealed record CellResult(double Perplexity, double? Seconds, long PeakBytes);
