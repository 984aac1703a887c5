using System.Text.Json;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;
using Xunit.Abstractions;

namespace SparseLlm.Pruning.Tests;

/// <summary>
/// What is left of the sample models, against what the reference implementations of the methods leave of them: same
/// weights, same calibration windows, same evaluation protocol. A few cells of the table that <c>benchmarks/quality</c>
/// measures as a whole. By day one of them shows that windows, scores and protocol are those of the references; that
/// better methods leave more is then shown by <see cref="Quality"/>, on less text.
/// </summary>
public sealed class PeerPerplexities(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("tiny-opt", PruningMethod.Magnitude, "0.7")]
    [InlineData("tiny-opt", PruningMethod.Wanda, "2:4", true)]
    [InlineData("tiny-llama", PruningMethod.Magnitude, "4:8")]
    [InlineData("tiny-llama", PruningMethod.Wanda, "0.7")]
    public void Baselines_leave_as_much_as_the_reference_implementations(
        string model,
        PruningMethod method,
        string cell,
        bool standsForAll = false)
    {
        using PruneRun run = OnBooks(model, standsForAll);
        double perplexity = Measure(run, model, method, cell);
        perplexity.ShouldBeLessThanOrEqualTo(1.02 * Peer(model, method, cell));
    }

    [SkippableTheory]
    [InlineData("tiny-opt", "2:4")]
    [InlineData("tiny-llama", "0.9")]
    public void SparseLlm_leaves_more_than_sparsegpt_and_than_its_reference_implementation(string model, string cell)
    {
        using PruneRun run = OnBooks(model);
        double sparseGpt = Measure(run, model, PruningMethod.SparseGpt, cell);
        double sparseLlm = Measure(run, model, PruningMethod.SparseLlm, cell);
        sparseGpt.ShouldBeLessThanOrEqualTo(1.02 * Peer(model, PruningMethod.SparseGpt, cell));
        sparseLlm.ShouldBeLessThanOrEqualTo(sparseGpt);
        sparseLlm.ShouldBeLessThanOrEqualTo(Peer(model, PruningMethod.SparseLlm, cell));
        GapShouldBeAsInPrototype(model, "balanced", cell, sparseLlm);
    }

    [SkippableTheory]
    [InlineData("tiny-llama", "0.9")]
    public void The_best_preset_leaves_what_its_prototype_does(string model, string cell)
    {
        using PruneRun run = OnBooks(model);
        PruningSettings best = PruningSettings.For(PruningMethod.SparseLlm, Preset.Find("best"));
        GapShouldBeAsInPrototype(model, "best", cell, Measure(run, model, best, cell));
    }

    /// <summary>The gap is ln(perplexity / dense perplexity); a prototype of the recipe, in other code, gives what it
    /// should be.</summary>
    private static void GapShouldBeAsInPrototype(string model, string preset, string cell, double perplexity)
    {
        double dense = Number("peers.json", model, "dense")!.Value;
        if (Number("prototype.json", model, preset, cell) is { } prototype)
        {
            Math.Log(perplexity / dense)
                .ShouldBeLessThanOrEqualTo(1.1 * Math.Log(prototype / dense), $"{model} {preset} {cell}");
        }
    }

    [SkippableTheory]
    [InlineData("tiny-opt", "0.9")]
    [InlineData("tiny-llama", "2:4")]
    public void The_published_form_of_SparseLlm_leaves_at_least_as_much_as_its_reference_implementation(
        string model,
        string cell)
    {
        using PruneRun run = OnBooks(model);
        PruningSettings paper = PruningSettings.For(PruningMethod.SparseLlm).WithVariant(SparseLlmVariant.Paper);
        Measure(run, model, paper, cell).ShouldBeLessThanOrEqualTo(Peer(model, PruningMethod.SparseLlm, cell));
    }

    private static PruneRun OnBooks(string model, bool standsForAll = false)
    {
        if (!standsForAll)
        {
            Repository.RequireAllQuality();
        }

        return PruneRun.OnBooks(model);
    }

    private double Measure(PruneRun run, string model, PruningMethod method, string cell) =>
        Measure(run, model, PruningSettings.For(method), cell);

    private double Measure(PruneRun run, string model, PruningSettings settings, string cell)
    {
        PruningMethod method = settings.Method;
        double perplexity = run.PerplexityOf(run.Prune(settings, cell));
        output.WriteLine(FormattableString.Invariant(
            $"{model} {method} {cell}: {perplexity:0.000}, reference {Peer(model, method, cell):0.000}"));
        return perplexity;
    }

    private static double Peer(string model, PruningMethod method, string cell) =>
        Number("peers.json", model, method.ToString().ToLowerInvariant(), cell)!.Value;

    private static double? Number(string file, params string[] path)
    {
        string folder = Path.Combine(Repository.Root, "tests", "SparseLlm.Pruning.Tests");
        using var numbers = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, file)));
        JsonElement element = numbers.RootElement;
        foreach (string name in path)
        {
            if (!element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.GetDouble();
    }
}
