using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

public sealed class ExactSparsity
{
    public static TheoryData<PruningMethod> Methods => [.. Enum.GetValues<PruningMethod>()];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Every_matrix_loses_exactly_as_many_weights_as_asked_for(PruningMethod method)
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        using DecoderModel pruned = run.Write(run.Prune(PruningSettings.For(method), "0.637", samples: 4));
        foreach (LinearDefinition linear in Linears(pruned))
        {
            long expected = new SparsityPattern.Unstructured(0.637).Zeros(linear.Outputs, linear.Inputs);
            Read(pruned, linear).LongCount(weight => weight == 0).ShouldBe(expected, linear.WeightName);
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Every_group_of_a_pattern_has_exactly_its_zeros(PruningMethod method)
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        using DecoderModel pruned = run.Write(run.Prune(PruningSettings.For(method), "1:4", samples: 4));
        foreach (LinearDefinition linear in Linears(pruned))
        {
            Read(pruned, linear).Chunk(4)
                .ShouldAllBe(group => group.Count(weight => weight == 0) == 3, linear.WeightName);
        }
    }

    [Fact]
    public void Magnitude_keeps_the_largest_weights_of_each_matrix_as_they_are()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        using DecoderModel pruned = run.Write(
            run.Prune(PruningSettings.For(PruningMethod.Magnitude), "0.7", samples: 1));
        foreach (LinearDefinition linear in Linears(pruned))
        {
            (float Dense, float Left)[] weights = [.. Read(run.Model, linear).Zip(Read(pruned, linear))];
            weights.ShouldAllBe(weight => weight.Left == 0 || weight.Left == weight.Dense, linear.WeightName);
            weights.Where(weight => weight.Left == 0).Max(weight => Math.Abs(weight.Dense)).ShouldBeLessThanOrEqualTo(
                weights.Where(weight => weight.Left != 0).Min(weight => Math.Abs(weight.Dense)), linear.WeightName);
        }
    }

    [Fact]
    public void Nothing_but_the_linear_layers_of_the_decoder_is_pruned()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        List<PrunedLayer> layers = run.Prune(PruningSettings.For(PruningMethod.SparseGpt), "0.5", samples: 4);
        var weights = Linears(run.Model).Select(linear => linear.WeightName).ToHashSet();
        layers.SelectMany(layer => layer.Linears).Select(linear => linear.Name).ToHashSet()
            .ShouldBe(weights, ignoreOrder: true);
        layers.SelectMany(layer => layer.Tensors).Select(tensor => tensor.Name)
            .ShouldAllBe(name => weights.Contains(name) || name.EndsWith(".bias"));
    }

    [Fact]
    public void The_first_rule_that_matches_decides()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        var plan = new SparsityPlan(
            new SparsityPattern.Unstructured(0.5),
            [
                new SparsityRule("*.out_proj.weight", Pattern: null),
                new SparsityRule("model.decoder.layers.0.*", new SparsityPattern.Groups(1, 4)),
                new SparsityRule("*.fc?.weight", new SparsityPattern.Unstructured(0.25)),
            ]);
        var sparsities = run.Prune(PruningSettings.For(PruningMethod.SparseLlm), plan, samples: 4)
            .SelectMany(layer => layer.Linears)
            .ToDictionary(linear => linear.Name, linear => linear.Sparsity);
        sparsities.Keys.ShouldNotContain(name => name.Contains("out_proj"));
        sparsities["model.decoder.layers.0.fc1.weight"].ShouldBe(0.75);
        sparsities["model.decoder.layers.1.fc1.weight"].ShouldBe(0.25);
        sparsities["model.decoder.layers.1.self_attn.q_proj.weight"].ShouldBe(0.5);
    }

    private static IEnumerable<LinearDefinition> Linears(DecoderModel model) =>
        model.Definition.Layers.SelectMany(layer => layer.Linears);

    private static float[] Read(DecoderModel model, LinearDefinition linear)
    {
        TensorInfo tensor = model.Checkpoint[linear.WeightName];
        var values = new float[tensor.ElementCount];
        model.Checkpoint.Read(tensor, 0, values);
        return values;
    }
}
