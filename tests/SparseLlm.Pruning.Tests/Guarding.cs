using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

/// <summary>What held-back windows decide: SparseGPT's solution of a layer, or the layer before tuning, where that does
/// better on them.</summary>
public sealed class Guarding
{
    // Whichever solver is inside, the guard decides alike; this one takes the least time.
    private static readonly PruningSettings Settings = new() { Solver = PruningMethod.SparseGpt };

    [Fact]
    public void A_layer_that_too_few_tokens_mislead_falls_back_to_sparsegpt_and_says_so()
    {
        // 64 tokens, and windows of two, say nothing of most inputs: what is made of the dense model's targets is
        // chance, behind the first two layers.
        using PruneRun run = PruneRun.OnSamples("tiny-opt");
        CalibrationTokens tokens = Windows(run, count: 32, length: 2);
        PruningSettings settings = Settings with { Solver = PruningMethod.Alps };
        List<PrunedLayer> guarded = Prune(run, settings, tokens, "0.3");
        PrunedLayer[] misled = [.. guarded.Where(layer => layer.Fallbacks.Any(sentence =>
            sentence.StartsWith($"decoder layer {layer.Index}: ") && sentence.Contains("sparsegpt comes closer")))];
        misled.ShouldNotBeEmpty();
        guarded.SelectMany(layer => layer.Guards).Select(guard => (guard.Layer, guard.Change))
            .ShouldBe(guarded.Select(layer => (layer.Index, "sparsegpt")));
        guarded.SelectMany(layer => layer.Guards).Where(guard => guard.IsTaken).Select(guard => guard.Layer)
            .ShouldBe(misled.Select(layer => layer.Index));

        // Inputs up to the first of these layers are those of the same fits without a guard, whose solution is another.
        int first = misled[0].Index;
        PrunedLayer[] unguarded = [.. Run(run, settings with { Guard = false }, Fitted(tokens), "0.3").Take(first + 1)];
        for (int index = 0; index < first; index++)
        {
            Bits(guarded[index]).ShouldBe(Bits(unguarded[index]));
        }

        Bits(guarded[first]).ShouldNotBe(Bits(unguarded[first]));
        guarded.SelectMany(layer => layer.Linears)
            .ShouldAllBe(linear => linear.Zeros == PruneRun.Pattern("0.3").Zeros(linear.Rows, linear.Columns));
    }

    [Theory]
    [InlineData("tiny-opt", "2:4")]
    [InlineData("tiny-llama", "0.9")]
    public void Where_there_are_tokens_enough_the_guard_only_holds_windows_back(string model, string pattern)
    {
        using PruneRun run = PruneRun.OnTwoLayers(model);
        CalibrationTokens tokens = run.Tokens(16);
        List<PrunedLayer> guarded = Prune(run, Settings, tokens, pattern);
        guarded.ShouldAllBe(layer => layer.Fallbacks.Count == 0);
        guarded.SelectMany(Bits)
            .ShouldBe(Prune(run, Settings with { Guard = false }, Fitted(tokens), pattern).SelectMany(Bits));
    }

    [Fact]
    public void Of_fewer_than_sixteen_windows_none_is_held_back()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        CalibrationTokens tokens = Windows(run, count: 15, length: 8);
        Prune(run, Settings, tokens, "0.5").SelectMany(Bits)
            .ShouldBe(Prune(run, Settings with { Guard = false }, tokens, "0.5").SelectMany(Bits));
    }

    [Fact]
    public void Tuning_that_does_not_help_is_undone_and_says_so()
    {
        // Steps as large as these throw a layer about.
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        CalibrationTokens tokens = Windows(run, count: 16, length: 32);
        List<PrunedLayer> untuned = Prune(run, Settings, tokens, "0.5");
        List<PrunedLayer> tuned = Prune(
            run,
            Settings with { TuningEpochs = 1, DistillationEpochs = 1, TuningRate = 1 },
            tokens,
            "0.5");
        tuned.ShouldAllBe(
            layer => layer.Fallbacks.Any(sentence => sentence.Contains("tuning") && sentence.Contains("was undone")));
        tuned[^1].Fallbacks
            .ShouldContain(sentence => sentence.Contains("distillation") && sentence.Contains("was undone"));
        tuned.SelectMany(Bits).ShouldBe(untuned.SelectMany(Bits));
    }

    private static CalibrationTokens Windows(PruneRun run, int count, int length)
        => new(run.Tokens(4).Ids[..(count * length)], length);

    /// <summary>The windows that a guard leaves to the fits.</summary>
    private static CalibrationTokens Fitted(CalibrationTokens tokens)
        => tokens.Part(0, tokens.Windows - tokens.Windows / 16);

    private static List<PrunedLayer> Prune(
        PruneRun run,
        PruningSettings settings,
        CalibrationTokens tokens,
        string pattern) => [.. Run(run, settings, tokens, pattern)];

    private static IEnumerable<PrunedLayer> Run(
        PruneRun run,
        PruningSettings settings,
        CalibrationTokens tokens,
        string pattern) =>
        new ModelPruner(run.Model, settings, new SparsityPlan(PruneRun.Pattern(pattern), []), tokens).Run();

    /// <summary>Every changed tensor, by its name and a digest of its bits.</summary>
    private static IEnumerable<string> Bits(PrunedLayer layer) =>
        layer.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(tensor =>
            $"{tensor.Name} {Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(tensor.Values.AsSpan())))}");
}
