using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests.Walks;

/// <summary>Whole prunes of every kind of layer.</summary>
public sealed class EveryLayer
{
    public static TheoryData<string> Layers
        => [.. SampleLayers.All.Keys.Where(name => !name.Contains("tensors of their own"))];

    [Theory]
    [MemberData(nameof(Layers))]
    public void Is_as_sparse_as_asked_for_and_nearer_to_the_dense_one_than_by_sparsegpt(string name)
    {
        using var model = new RandomModel([SampleLayers.All[name]], SampleLayers.Hidden);
        CalibrationTokens tokens = model.Tokens();
        double sparseGpt = Error(PruningSettings.For(PruningMethod.SparseGpt), "0.5");
        foreach (Preset preset in Preset.All)
        {
            Error(PruningSettings.For(PruningMethod.SparseLlm, preset), "2:4");
            double error = Error(PruningSettings.For(PruningMethod.SparseLlm, preset), "0.5");

            // Distillation is after the dense model's predictions, and takes away from the last layer's output for
            // them.
            if (preset.Name == "balanced")
            {
                error.ShouldBeLessThan(sparseGpt);
            }
        }

        foreach (AllocationKind allocation in Enum.GetValues<AllocationKind>())
        {
            Error(PruningSettings.For(PruningMethod.Wanda) with { Allocation = allocation }, "0.5");
        }

        double Error(PruningSettings settings, string pattern)
        {
            PrunedLayer pruned = model.Prune(settings, RandomModel.Plan(pattern), tokens).Single();
            long weights = pruned.Linears.Sum(linear => (long)linear.Rows * linear.Columns);
            pruned.Linears.Sum(linear => linear.Zeros).ShouldBe(weights / 2);
            pruned.Linears.Count.ShouldBe(model.Definition.Layers[0].Linears.Count(linear => !linear.StaysDense));
            using Matrix<float> x = model.Model.Embed(tokens.Ids, tokens.SequenceLength);
            using DecoderLayer dense = model.Model.LoadLayer(0);
            using DecoderLayer sparse = model.Load(pruned);
            using Matrix<float> target = dense.Forward(x, tokens.SequenceLength);
            using Matrix<float> output = sparse.Forward(x, tokens.SequenceLength);
            model.Backend.Combine(1, target, -1, output, output);
            return model.Backend.Dot(output, output);
        }
    }
}
