using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

/// <summary>A prune that takes up layers of an earlier one.</summary>
public sealed class Resuming
{
    private static readonly SparsityPlan Plan = new(PruneRun.Pattern("0.6"), []);

    [Theory]
    [InlineData("tiny-opt", PruningMethod.SparseLlm, true)]
    [InlineData("tiny-llama", PruningMethod.SparseLlm, false)]
    [InlineData("tiny-llama", PruningMethod.SparseGpt, false)]
    [InlineData("tiny-opt", PruningMethod.Magnitude, false)]
    public void Layers_behind_a_known_one_come_out_with_the_same_bits(string model, PruningMethod method, bool isTuned)
    {
        // Known layers before and behind a pruned one: there are four.
        using PruneRun run = PruneRun.OnSamples(model);
        var tokens = new CalibrationTokens(run.Tokens(samples: 4).Ids[..(16 * 32)], 32);
        PruningSettings settings = Quick(method);
        if (isTuned)
        {
            settings = settings with { TuningEpochs = 1, DistillationEpochs = 1, Allocation = AllocationKind.Owl };
        }

        List<PrunedLayer> whole = run.Prune(settings, Plan, tokens);
        List<PrunedLayer> resumed = run.Prune(settings, Plan, tokens, index => index is 0 or 2 ? whole[index] : null);
        resumed.Count.ShouldBe(whole.Count);
        foreach ((PrunedLayer layer, PrunedLayer expected) in resumed.Zip(whole))
        {
            layer.Index.ShouldBe(expected.Index);
            layer.Tensors.Select(tensor => tensor.Name).ShouldBe(expected.Tensors.Select(tensor => tensor.Name));
            foreach ((PrunedTensor tensor, PrunedTensor other) in layer.Tensors.Zip(expected.Tensors))
            {
                tensor.Values.AsSpan().SequenceEqual(other.Values).ShouldBeTrue(tensor.Name);
            }
        }
    }

    [Fact]
    public void No_activation_goes_through_layers_that_are_all_known()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        PruningSettings settings = Quick(PruningMethod.SparseLlm);
        List<PrunedLayer> whole = run.Prune(settings, Plan, samples: 4);
        var steps = new Steps();
        var pruner = new ModelPruner(run.Model, settings, Plan, run.Tokens(samples: 4), steps);
        pruner.Run(index => whole[index]).Count().ShouldBe(whole.Count);
        steps.Seen.ShouldAllBe(step => step is LayerRestored);
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Prunes_that_share_the_first_inputs_come_out_as_if_alone(string model)
    {
        using PruneRun run = PruneRun.OnTwoLayers(model);
        PruningSettings settings = Quick(PruningMethod.SparseLlm);
        using var shared = new SharedInputs(settings, run.Tokens(samples: 4));
        foreach (string pattern in (string[])["0.5", "0.7"])
        {
            SparsityPlan plan = new(PruneRun.Pattern(pattern), []);
            PrunedLayer together = new ModelPruner(run.Model, settings, plan, run.Tokens(samples: 4), shared: shared)
                .Run()
                .First();
            PrunedLayer alone = new ModelPruner(run.Model, settings, plan, run.Tokens(samples: 4)).Run().First();
            foreach ((PrunedTensor tensor, PrunedTensor other) in together.Tensors.Zip(alone.Tensors))
            {
                tensor.Values.AsSpan().SequenceEqual(other.Values).ShouldBeTrue(tensor.Name);
            }
        }

        shared.Fits(settings, run.Tokens(samples: 5)).ShouldBeFalse();
        shared.Fits(settings with { Damping = 0.02 }, run.Tokens(samples: 4)).ShouldBeFalse();
        shared.Fits(settings with { }, run.Tokens(samples: 4)).ShouldBeTrue();
    }

    /// <summary>The method, with a solver inside that takes little time.</summary>
    private static PruningSettings Quick(PruningMethod method) =>
        method == PruningMethod.SparseLlm
            ? PruningSettings.For(method) with { Solver = PruningMethod.SparseGpt }
            : PruningSettings.For(method);

    private sealed class Steps : IProgress<PruningProgress>
    {
        public List<PruningProgress> Seen { get; } = [];

        public void Report(PruningProgress value) => Seen.Add(value);
    }
}
