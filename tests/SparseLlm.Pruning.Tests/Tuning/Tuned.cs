using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests.Tuning;

/// <summary>What tuning does to a pruned model.</summary>
public sealed class Tuned
{
    // What is tuned may have been solved in the fastest way.
    private static readonly PruningSettings Untuned = new() { Solver = PruningMethod.SparseGpt };
    private static readonly PruningSettings Reconstructed = Untuned with { TuningEpochs = 2 };
    private static readonly PruningSettings Distilled = Reconstructed with { DistillationEpochs = 2 };

    [Fact]
    public void Pruned_weights_stay_zero_and_no_others_become_it()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        List<PrunedLayer> untuned = run.Prune(Untuned, "0.637", samples: 3);
        List<PrunedLayer> tuned = run.Prune(Reconstructed with { TuningRate = 0.05 }, "0.637", samples: 3);
        tuned.SelectMany(layer => layer.Linears).Select(linear => (linear.Name, linear.Zeros))
            .ShouldBe(untuned.SelectMany(layer => layer.Linears).Select(linear => (linear.Name, linear.Zeros)));
        tuned.SelectMany(layer => layer.Linears)
            .ShouldAllBe(linear => linear.Zeros == Tensor(tuned, linear.Name).LongCount(weight => weight == 0));
        string query = run.Model.Definition.Layers[0].Linears.First().WeightName;
        Zeros(Tensor(tuned, query)).ShouldBe(Zeros(Tensor(untuned, query)));
    }

    [Fact]
    public void Norms_are_tuned_with_the_matrices_and_the_final_one_by_distillation()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        string[] Changed(PruningSettings settings) =>
            [.. run.Prune(settings, "2:4", samples: 3).SelectMany(layer => layer.Tensors)
                .Select(tensor => tensor.Name)];
        string[] layerNorms = [.. run.Model.Definition.Layers.SelectMany(layer => layer.Blocks)
            .SelectMany(block => block.InputNorm!.Tensors)
            .Select(tensor => tensor.Name)];
        string[] finalNorm = [.. run.Model.Definition.Head.Norm!.Tensors.Select(tensor => tensor.Name)];
        string[] untuned = Changed(Untuned);
        Changed(Reconstructed with { TuningEpochs = 1 }).ShouldBe([.. untuned, .. layerNorms], ignoreOrder: true);
        Changed(Distilled with { TuningEpochs = 1, DistillationEpochs = 1 })
            .ShouldBe([.. untuned, .. layerNorms, .. finalNorm], ignoreOrder: true);
    }

    [Fact]
    public void Matrices_that_a_rule_keeps_dense_stay_as_they_are()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        var plan = new SparsityPlan(
            new SparsityPattern.Unstructured(0.5),
            [new SparsityRule("*.down_proj.weight", Pattern: null)]);
        run.Prune(Distilled, plan, samples: 2).SelectMany(layer => layer.Tensors)
            .ShouldAllBe(tensor => !tensor.Name.Contains("down_proj"));
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void Tuning_gives_the_same_bits_whatever_the_number_of_threads(string model)
    {
        float[][] Values(int threads)
        {
            using PruneRun run = PruneRun.OnTwoLayers(model, threads);
            var tokens = new CalibrationTokens(run.Tokens(samples: 2).Ids[..(5 * 64)], 64);
            return [.. run.Prune(Distilled, new SparsityPlan(PruneRun.Pattern("0.8"), []), tokens)
                .SelectMany(layer => layer.Tensors)
                .Select(tensor => tensor.Values)];
        }

        float[][] one = Values(threads: 1);
        float[][] two = Values(threads: 2);
        two.Length.ShouldBe(one.Length);
        for (int i = 0; i < one.Length; i++)
        {
            two[i].AsSpan().SequenceEqual(one[i]).ShouldBeTrue($"tensor {i} differs");
        }
    }

    [Fact]
    public void Without_targets_from_the_dense_model_tuning_is_refused()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        Should.Throw<DiagnosticException>(
            () => run.Prune(Reconstructed with { Targets = TargetKind.Own }, "0.5", samples: 2))
            .Diagnostics.ShouldHaveSingleItem().Descriptor.ShouldBe(PruningDiagnostics.TuningNeedsTargets);
    }

    private static float[] Tensor(List<PrunedLayer> layers, string name) =>
        layers.SelectMany(layer => layer.Tensors).Single(tensor => tensor.Name == name).Values;

    private static bool[] Zeros(float[] values) => [.. values.Select(value => value == 0)];
}
