using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Layers;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Methods.Mixtures;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests.Walks;

/// <summary>Experts, each of which is pruned by the tokens that it sees.</summary>
public sealed class Mixtures
{
    private const string Layer = "experts whose weights are not normalised";
    private const string WithBias = "sinks, experts with biases, clamped SwiGLU";

    private static readonly PruningSettings Settings = new()
    {
        BiasRefit = false,
        RowImportance = false,
        Guard = false,
        Damping = 1e-7,
        RefitSteps = 100
    };

    [Fact]
    public void The_router_stays_dense_unless_a_rule_names_it()
    {
        using var model = Model(Layer);
        PrunedLayer pruned = model.Prune(new PruningSettings(), RandomModel.Plan("0.5")).Single();
        pruned.Linears.ShouldNotContain(linear => linear.Name == "router.weight");
        pruned.Tensors.ShouldNotContain(tensor => tensor.Name == "router.weight");

        foreach (PruningSettings settings in new[]
        {
            new PruningSettings(),
            PruningSettings.For(PruningMethod.Wanda),
            PruningSettings.For(PruningMethod.Magnitude)
        })
        {
            pruned = model.Prune(settings, RandomModel.Plan("0.5", ("router.weight", "0.25"))).Single();
            pruned.Linears.Single(linear => linear.Name == "router.weight").Zeros.ShouldBe(10);
            pruned.Tensors.Single(tensor => tensor.Name == "router.weight").Values.Count(value => value == 0)
                .ShouldBe(10);
        }
    }

    /// <summary>A fit leaves a residual that is orthogonal to its inputs: on the expert's own tokens, and not on
    /// all.</summary>
    [Theory]
    [InlineData(Layer)]
    [InlineData(WithBias)]
    public void An_expert_is_fitted_to_what_the_dense_one_gives_for_the_tokens_that_are_routed_to_it(string name)
    {
        using var model = Model(name);
        CalibrationTokens tokens = model.Tokens();
        PrunedLayer pruned = model.Prune(Settings, RandomModel.Plan("0.6", ("*down.weight", "0.01")), tokens).Single();
        pruned.Fallbacks.ShouldBeEmpty();
        using DecoderLayer dense = model.Model.LoadLayer(0);
        using DecoderLayer sparse = model.Load(pruned);
        using Matrix<float> x = model.Model.Embed(tokens.Ids, tokens.SequenceLength);
        using Matrix<float> denseInput = Input(dense, x);
        using Matrix<float> input = Input(sparse, x);
        (var denseExperts, var experts) = ((Experts)dense.Blocks[1].Mixer, (Experts)sparse.Blocks[1].Mixer);
        Routing routing = experts.Route(input);
        int[] all = [.. Enumerable.Range(0, x.Rows)];
        for (int expert = 0; expert < experts.Definition.Experts.Count; expert++)
        {
            Correlation(routing.Of(expert).Rows).ShouldBeLessThan(0.012, $"expert {expert}");
            Correlation(all).ShouldBeGreaterThan(0.024, $"expert {expert}");

            double Correlation(int[] rows)
            {
                using Matrix<float> own = experts.Gather(input, rows);
                using Matrix<float> denseOwn = experts.Gather(denseInput, rows);
                using FeedForward loaded = experts.Load(expert);
                using FeedForward denseLoaded = denseExperts.Load(expert);
                using Matrix<float> hidden = loaded.Hidden(own);
                using Matrix<float> given = loaded.Output.Apply(hidden);
                using Matrix<float> target = denseLoaded.Forward(denseOwn, 1);
                model.Backend.Combine(1, target, -1, given, given);
                using Matrix<float> product = model.Backend.Allocate<float>(hidden.Columns, given.Columns);
                model.Backend.Multiply(hidden, true, given, false, product);
                return Math.Sqrt(model.Backend.Dot(product, product) / model.Backend.Dot(hidden, hidden)
                    / model.Backend.Dot(given, given));
            }
        }
    }

    [Fact]
    public void An_expert_that_sees_few_tokens_is_given_others_evenly_and_the_report_says_so()
    {
        using var model = Model(WithBias);
        LayerDefinition definition = model.Definition.Layers[0];
        var mixture = (ExpertsDefinition)definition.Blocks[1].Mixer;
        CalibrationTokens tokens = model.Tokens(windows: 2);
        PrunedLayer pruned = model.Prune(Settings, RandomModel.Plan("0.5"), tokens).Single();
        string sentence = pruned.Fallbacks.ShouldHaveSingleItem();
        sentence.ShouldStartWith("decoder layer 0: ");
        sentence.ShouldContain("of 5 experts saw fewer calibration tokens than they have inputs (the fewest: ");
        pruned.Linears.Where(linear => linear.Name.Contains("up")).ShouldAllBe(linear => linear.Zeros == 48);

        // The embedding is as good an input as any.
        var chunks = new TokenChunks(tokens, new MatrixStore(model.Backend));
        using ActivationStream inputs = chunks.Embed(model.Model);
        using var experts = (Experts)model.Weights.Load(model.Backend, mixture);
        using Matrix<float> input = inputs.Read(0);
        Routing routing = experts.Route(input);
        ExpertCalibration calibration = ExpertCalibration.Of(Context(model, chunks, recorder: null), experts, inputs);
        int[] fewest = [];
        for (int expert = 0; expert < mixture.Experts.Count; expert++)
        {
            int[] routed = routing.Of(expert).Rows;
            int[] given = calibration.Of(expert, 0);
            given.ShouldBeInOrder();
            given.ShouldBeUnique();
            given.Length.ShouldBe(Math.Max(routed.Length, 12));
            routed.ShouldBeSubsetOf(given);
            fewest = expert == 0 || routed.Length < fewest.Length ? routed : fewest;
            int[] added = [.. given.Except(routed)];
            if (added.Length > 2)
            {
                added[^1].ShouldBeGreaterThan(input.Rows / 2);
                added[0].ShouldBeLessThan(input.Rows / 2);
            }
        }

        fewest.Length.ShouldBeLessThan(12);
    }

    [Fact]
    public void An_expert_that_sees_no_token_at_all_is_pruned_all_the_same()
    {
        LayerDefinition definition = SampleLayers.All[WithBias];
        using var model = new RandomModel([definition], SampleLayers.Hidden, configure: weights =>
            weights.Bias(((ExpertsDefinition)definition.Blocks[1].Mixer).Router)![0, 2] = -1000);
        PrunedLayer pruned = model.Prune(new PruningSettings(), RandomModel.Plan("2:4")).Single();
        pruned.Linears.Where(linear => linear.Name.StartsWith('2')).Select(linear => linear.Sparsity)
            .ShouldBe([0.5, 0.5, 0.5]);
        pruned.Fallbacks.ShouldHaveSingleItem()
            .ShouldContain("1 of 5 experts saw fewer calibration tokens than they have inputs (the fewest: 0)");
    }

    [Fact]
    public void A_layer_of_experts_is_guarded_and_tuned_around_them()
    {
        using var model = Model(WithBias);
        CalibrationTokens tokens = model.Tokens();
        var settings = new PruningSettings { TuningEpochs = 1, DistillationEpochs = 1 };
        PrunedLayer tuned = model.Prune(settings, RandomModel.Plan("0.5"), tokens).Single();
        PrunedLayer untuned = model.Prune(
            settings with { TuningEpochs = 0, DistillationEpochs = 0 },
            RandomModel.Plan("0.5"),
            tokens).Single();
        tuned.Guards.Select(guard => guard.Change).ShouldBe(["sparsegpt", "tuning", "distillation"]);
        tuned.Linears.ShouldAllBe(linear => linear.Sparsity == 0.5);
        foreach (PrunedTensor tensor in untuned.Tensors.Where(tensor => char.IsDigit(tensor.Name[0])))
        {
            tuned.Tensors.Single(other => other.Name == tensor.Name).Values.ShouldBe(tensor.Values, tensor.Name);
        }
    }

    [Fact]
    public void One_expert_is_in_memory_at_a_time_beside_its_dense_original()
    {
        using var model = Model(Layer);
        var chunks = new TokenChunks(model.Tokens(), new MatrixStore(model.Backend));
        var overlay = new TensorOverlay();
        var recorder = new LayerRecorder(
            model.Backend,
            model.Model.Checkpoint,
            RandomModel.Plan("0.5"),
            0,
            overlay,
            progress: null);
        var alive = new List<FeedForward>();
        int most = 0;
        int loaded = 0;
        using DecoderLayer layer = Counted(model.Model.LoadLayer(0, overlay));
        DecoderLayer dense = Counted(model.Model.LoadLayer(0));
        using ActivationStream pruned = chunks.Embed(model.Model);
        using (var pruner = new LayerPruner(
            Context(model, chunks, recorder),
            layer,
            dense,
            tuning: null,
            shared: null,
            isLast: false))
        {
            using CalibrationStreams streams = CalibrationStreams.Embed(
                model.Model,
                model.Model,
                chunks,
                withDense: true);
            pruner.Prune(streams);
        }

        loaded.ShouldBeGreaterThan(10);
        most.ShouldBe(2);
        Forget();
        alive.ShouldBeEmpty();

        DecoderLayer Counted(DecoderLayer original)
        {
            Block block = original.Blocks[1];
            var experts = (Experts)block.Mixer;
            var counted = new Experts(model.Backend, experts.Definition, experts.Router, expert =>
            {
                Forget();
                FeedForward one = experts.Load(expert);
                alive.Add(one);
                loaded++;
                most = Math.Max(most, alive.Count);
                return one;
            });
            return new DecoderLayer(
                original.Definition,
                [original.Blocks[0], new Block(
                    model.Backend,
                    block.Definition,
                    block.InputNorm,
                    counted,
                    block.OutputNorm,
                    block.SumNorm,
                    block.ResidualMultiplier)],
                [.. original.Blocks.SelectMany(of => of.Norms)]);
        }

        void Forget() => alive.RemoveAll(expert => expert.Linears.All(linear => IsDisposed(linear.Weight)));

        bool IsDisposed(Matrix<float> matrix)
        {
            try
            {
                model.Backend.CountNonZero(matrix);
                return false;
            }
            catch (ObjectDisposedException)
            {
                return true;
            }
        }
    }

    private static RandomModel Model(string layer) => new([SampleLayers.All[layer]], SampleLayers.Hidden);

    private static LayerContext Context(RandomModel model, TokenChunks chunks, LayerRecorder? recorder) => new(
        model.Backend,
        RandomModel.Plan("0.5"),
        Settings,
        new FitDevices(Settings, model.Backend, []),
        chunks,
        recorder!,
        Layer: 0,
        CancellationToken.None);

    private static Matrix<float> Input(DecoderLayer layer, Matrix<float> x)
    {
        using Matrix<float> sum = layer.Before(1, x, RandomModel.SequenceLength);
        return layer.Input(1, x, sum);
    }
}
