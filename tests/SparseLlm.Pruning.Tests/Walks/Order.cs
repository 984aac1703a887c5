using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests.Walks;

/// <summary>The order in which a layer's matrices have their turn.</summary>
public sealed class Order
{
    public static TheoryData<string> Layers => [.. SampleLayers.All.Keys];

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_forward_pass_shows_the_stages_in_the_order_of_data_flow_with_what_runs_into_them(string name)
    {
        using var backend = new CpuBackend(threads: 2);
        LayerDefinition definition = SampleLayers.All[name];
        var weights = new RandomWeights();
        using DecoderLayer layer = weights.Load(backend, definition);
        using Matrix<float> x = RandomWeights.Upload(backend, weights.Random(10, SampleLayers.Hidden));
        var seen = new List<string[]>();
        Matrix<float>? output = null;
        using Matrix<float> y = layer.Forward(x, 5, (stage, sum, input) =>
        {
            seen.Add([.. stage.Linears.Select(linear => linear.Definition.WeightName)]);
            input.Columns.ShouldBe(stage.Width);
            if (stage.IsOutput && stage.Block == definition.Blocks.Count - 1)
            {
                output = layer.Behind(stage.Block, sum, stage.Mixer.Output.Apply(input));
            }
        });
        string[][] attention = [["q.weight", "k.weight", "v.weight"], ["o.weight"]];
        string[][] feedForward = definition.Blocks[1].Mixer switch
        {
            FeedForwardDefinition { Gate: null } => [["up.weight"], ["down.weight"]],
            FeedForwardDefinition => [["up.weight", "gate.weight"], ["down.weight"]],
            _ => [],
        };
        seen.ShouldBe([.. attention, .. feedForward]);
        layer.Stages.Select(stage => stage.Linears.Select(linear => linear.Definition.WeightName).ToArray())
            .ShouldBe([.. attention, .. feedForward]);
        if (output is not null)
        {
            Read(backend, output).ShouldBe(Read(backend, y));
        }
    }

    [Theory]
    [InlineData(
        "shared key-value heads, rotary, RMS norms, SwiGLU",
        "q.weight k.weight v.weight o.weight up.weight gate.weight down.weight")]
    [InlineData(
        "parallel with two norms, partial rotary, GELU",
        "q.weight k.weight v.weight o.weight up.weight down.weight")]
    [InlineData(
        "experts whose weights are not normalised",
        "q.weight k.weight v.weight o.weight 0.up.weight 0.gate.weight 0.down.weight 1.up.weight 1.gate.weight "
        + "1.down.weight 2.up.weight 2.gate.weight "
        + "2.down.weight 3.up.weight 3.gate.weight 3.down.weight 4.up.weight 4.gate.weight 4.down.weight")]
    public void Matrices_are_pruned_in_the_order_of_data_flow(string name, string expected)
    {
        using var model = new RandomModel([SampleLayers.All[name]], SampleLayers.Hidden);
        var pruned = new List<string>();
        List<PrunedLayer> layers = model.Prune(
            new PruningSettings(),
            RandomModel.Plan("0.5"),
            progress: new Names(pruned));
        string.Join(' ', pruned).ShouldBe(expected);
        layers.Single().Linears.Select(linear => linear.Name).ShouldBe(pruned);
    }

    private static float[] Read(IBackend backend, Matrix<float> matrix)
    {
        var values = new float[matrix.Length];
        backend.Download<float>(matrix, values);
        return values;
    }

    private sealed class Names(List<string> names) : IProgress<PruningProgress>
    {
        public void Report(PruningProgress value)
        {
            if (value is MatrixPruned { Report: var report })
            {
                names.Add(report.Name);
            }
        }
    }
}
