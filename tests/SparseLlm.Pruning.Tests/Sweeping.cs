using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

public sealed class Sweeping
{
    private static readonly PruningSettings Paper = PruningSettings.For(PruningMethod.SparseLlm)
        .WithVariant(SparseLlmVariant.Paper);

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Sweeps_bring_the_output_on_held_back_windows_closer_to_its_target(string model)
    {
        using PruneRun run = PruneRun.OnSamples(model);
        List<PrunedLayer> swept = run.Prune(Paper, "0.8", samples: 16);
        SweepReport[] reports = [.. swept.Select(layer => layer.Sweeps!)];
        reports.Select(report => report.Layer).ShouldBe(Enumerable.Range(0, swept.Count));
        reports.Sum(report => report.Accepted).ShouldBeGreaterThan(0);
        reports.Where(report => report.Accepted > 0).ShouldAllBe(report => report.ErrorAfter < report.ErrorBefore);
        reports.ShouldAllBe(report => report.Tried <= 3 && report.Tried - report.Accepted <= 1);
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void A_sweep_that_does_not_help_leaves_every_bit_as_it_was(string model)
    {
        // Weak penalties free p and the pre-activations of their inputs, which misleads the fit where pruning has
        // broken little. A layer behind one with an accepted sweep has other inputs, so only those before the first are
        // compared.
        using PruneRun run = PruneRun.OnTwoLayers(model);
        PruningSettings misleading = Paper with { Alpha = 0.001, Beta = 1000, Gamma = 0.001, Damping = 1e-6 };
        PrunedLayer[] undone = [.. run.Prune(misleading, "0.3", samples: 4)
            .TakeWhile(layer => layer.Sweeps!.Accepted == 0)];
        undone.ShouldNotBeEmpty();
        undone.ShouldAllBe(layer => layer.Sweeps!.Tried == 1 && layer.Sweeps.ErrorAfter == layer.Sweeps.ErrorBefore);

        List<PrunedLayer> pruned = run.Prune(misleading with { Sweeps = 1 }, "0.3", samples: 4);
        Bits(undone).ShouldBe(Bits(pruned.Take(undone.Length)));
        undone.SelectMany(layer => layer.Linears)
            .ShouldBe(pruned.Take(undone.Length).SelectMany(layer => layer.Linears));
    }

    [Theory]
    [InlineData("tiny-opt", SparseLlmVariant.Paper)]
    [InlineData("tiny-llama", SparseLlmVariant.Paper)]
    [InlineData("tiny-llama", SparseLlmVariant.Coordinated)]
    public void Sweeps_give_the_same_bits_whatever_the_number_of_threads(string model, SparseLlmVariant variant)
    {
        byte[] one = Prune(threads: 1);
        Prune(threads: 2).ShouldBe(one);

        byte[] Prune(int threads)
        {
            using PruneRun run = PruneRun.OnTwoLayers(model, threads);
            return Bits(run.Prune(
                PruningSettings.For(PruningMethod.SparseLlm).WithVariant(variant) with { Sweeps = 2 },
                "0.8",
                samples: 4));
        }
    }

    [Fact]
    public void Sweeps_keep_exactly_as_many_weights_as_asked_for()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        List<PrunedLayer> swept = run.Prune(Paper with { Sweeps = 2 }, "0.8", samples: 16);
        foreach (LinearReport linear in swept.SelectMany(layer => layer.Linears))
        {
            linear.Zeros.ShouldBe((long)(0.8 * linear.Rows * linear.Columns), linear.Name);
        }

        foreach (PrunedLayer layer in swept)
        {
            layer.Linears.Select(linear => linear.Zeros)
                .ShouldBe(layer.Linears.Select(linear => layer.Tensors.Single(tensor => tensor.Name == linear.Name)
                    .Values
                    .LongCount(value => value == 0)));
        }
    }

    [Fact]
    public void Without_windows_to_hold_back_no_sweep_is_made()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        run.Prune(Paper, "0.8", samples: 1).ShouldAllBe(layer => layer.Sweeps == null);
    }

    [Fact]
    public void Settings_hold_against_the_defaults_of_a_variant_whatever_their_order()
    {
        SettingValue[] choices = [Value("sweeps", "2"), Value("variant", "paper"), Value("solver", "admm")];
        PruningSettings settings = Setting.Apply(PruningSettings.For(PruningMethod.SparseLlm), choices);
        settings.ShouldBe(Paper with { Sweeps = 2, Solver = PruningMethod.Admm });
        Setting.Apply(PruningSettings.For(PruningMethod.SparseLlm), choices.Reverse()).ShouldBe(settings);

        static SettingValue Value(string setting, string text) => Setting.Find(setting)!.Parse(text)!;
    }

    private static byte[] Bits(IEnumerable<PrunedLayer> layers) => SHA256.HashData(
        [.. layers.SelectMany(layer => layer.Tensors).OrderBy(tensor => tensor.Name, StringComparer.Ordinal)
            .SelectMany(tensor => MemoryMarshal.AsBytes<float>(tensor.Values).ToArray())]);
}
