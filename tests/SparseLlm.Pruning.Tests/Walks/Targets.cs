using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests.Walks;

/// <summary>
/// What the output projection of a block is fitted to. A least-squares fit leaves a residual that is orthogonal to its
/// inputs, so that the inputs tell which target it was: the projections before it are pruned hard, and it itself loses
/// so little that almost all of it is free.
/// </summary>
public sealed class Targets
{
    private const double Orthogonal = 0.012;

    private static readonly PruningSettings Settings = new()
    {
        BiasRefit = false,
        RowImportance = false,
        Guard = false,
        Damping = 1e-7,
        RefitSteps = 100
    };

    public static TheoryData<string> Layers =>
    [
        "layer norms first, ReLU",
        "layer norms of the sums, ReLU",
        "shared key-value heads, rotary, RMS norms, SwiGLU",
        "queries and keys normalised over all heads, norms of outputs alone",
        "norms around mixers, gains from 1, capped and scaled scores, gated GELU",
        "parallel with two norms, partial rotary, GELU",
        "parallel with a shared norm, interleaved rotary, SwiGLU",
        "a residual multiplier",
    ];

    [Theory]
    [MemberData(nameof(Layers))]
    public void An_output_projection_is_fitted_to_what_the_dense_stream_has_and_the_pruned_one_lacks_where_that_repairs_and_to_its_own_output_elsewhere(string name)
    {
        LayerDefinition definition = SampleLayers.All[name];
        using var model = new RandomModel([definition], SampleLayers.Hidden);
        CalibrationTokens tokens = model.Tokens();
        PrunedLayer pruned = model.Prune(
            Settings,
            RandomModel.Plan("0.6", ("o.weight", "0.01"), ("down.weight", "0.01")),
            tokens).Single();
        (Walk dense, Walk sparse) = (Forward(model, model.Model
            .LoadLayer(0), tokens), Forward(model, model.Load(pruned), tokens));
        for (int block = 0; block < definition.Blocks.Count; block++)
        {
            double[,] input = sparse.Hidden[block];
            double toStream = Correlation(input, Difference(dense.Behind[block], sparse.Behind[block]));
            double toOwn = Correlation(input, Difference(dense.Output[block], sparse.Output[block]));
            bool repairs = definition.Blocks[block].OutputNorm is null
                && (definition.Wiring == Wiring.Sequential || block == 1);
            (repairs ? toStream : toOwn).ShouldBeLessThan(Orthogonal, $"block {block}");

            // What runs into the first block is dense, and what it gives is all that there is, unless a norm follows.
            if (block == 1)
            {
                (repairs ? toOwn : toStream).ShouldBeGreaterThan(2 * Orthogonal, $"block {block}");
            }
        }
    }

    [Theory]
    [InlineData("layer norms first, ReLU")]
    [InlineData("shared key-value heads, rotary, RMS norms, SwiGLU")]
    [InlineData("parallel with two norms, partial rotary, GELU")]
    [InlineData("parallel with a shared norm, interleaved rotary, SwiGLU")]
    public void A_layer_that_is_repaired_is_closer_to_the_dense_one_than_one_whose_matrices_look_at_their_own_outputs(
        string name)
    {
        using var model = new RandomModel([SampleLayers.All[name]], SampleLayers.Hidden);
        CalibrationTokens tokens = model.Tokens();
        double Error(TargetKind targets)
        {
            PrunedLayer pruned = model.Prune(
                new PruningSettings
                {
                    Targets = targets,
                    Guard = false
                }, RandomModel.Plan("0.3", ("?.weight", "0.7"), ("o.weight", "0.3")), tokens).Single();
            double[,] difference = Difference(
                Forward(model, model.Model.LoadLayer(0), tokens).Behind[^1],
                Forward(model, model.Load(pruned), tokens).Behind[^1]);
            return difference.Cast<double>().Sum(value => value * value);
        }

        Error(TargetKind.Dense).ShouldBeLessThan(0.9 * Error(TargetKind.Own));
    }

    /// <summary>‖X'R‖ / (‖X‖ ‖R‖).</summary>
    private static double Correlation(double[,] x, double[,] residual)
    {
        double sum = 0;
        for (int i = 0; i < x.GetLength(1); i++)
        {
            for (int j = 0; j < residual.GetLength(1); j++)
            {
                double product = Enumerable.Range(0, x.GetLength(0)).Sum(token => x[token, i] * residual[token, j]);
                sum += product * product;
            }
        }

        return Math.Sqrt(sum / Squares(x) / Squares(residual));

        static double Squares(double[,] values) => values.Cast<double>().Sum(value => value * value);
    }

    private static double[,] Difference(double[,] one, double[,] other)
    {
        var difference = new double[one.GetLength(0), one.GetLength(1)];
        for (int i = 0; i < one.Length; i++)
        {
            (int row, int column) = (i / one.GetLength(1), i % one.GetLength(1));
            difference[row, column] = one[row, column] - other[row, column];
        }

        return difference;
    }

    private static Walk Forward(RandomModel model, DecoderLayer layer, CalibrationTokens tokens)
    {
        using (layer)
        {
            var walk = new Walk([], [], []);
            using Matrix<float> x = model.Model.Embed(tokens.Ids, tokens.SequenceLength);
            layer.Forward(x, tokens.SequenceLength, (stage, sum, input) =>
            {
                if (!stage.IsOutput)
                {
                    return;
                }

                using Matrix<float> output = stage.Mixer.Output.Apply(input);
                walk.Hidden.Add(Read(model.Backend, input));
                walk.Output.Add(Read(model.Backend, output));
                using Matrix<float> behind = layer.Blocks[stage.Block].Add(sum, stage.Mixer.Output.Apply(input));
                walk.Behind.Add(Read(model.Backend, behind));
            }).Dispose();
            return walk;
        }
    }

    private static double[,] Read(IBackend backend, Matrix<float> matrix)
    {
        var values = new float[matrix.Length];
        backend.Download<float>(matrix, values);
        var wide = new double[matrix.Rows, matrix.Columns];
        for (int i = 0; i < values.Length; i++)
        {
            wide[i / matrix.Columns, i % matrix.Columns] = values[i];
        }

        return wide;
    }

    /// <summary>Block by block: the input of the output projection, what that gives, and the residual stream behind it,
    /// before any norm of the sum.</summary>
    private sealed record Walk(List<double[,]> Hidden, List<double[,]> Output, List<double[,]> Behind);
}
