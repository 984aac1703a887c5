using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Solvers;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

/// <summary>Calibration data and models that leave little to factorise.</summary>
public sealed class Robustness
{
    private static readonly SparsityRule[] NoRules = [];

    public static TheoryData<PruningMethod> Methods => [.. Enum.GetValues<PruningMethod>()];

    [Theory]
    [MemberData(nameof(Methods))]
    public void One_short_window_with_little_or_no_damping_still_gives_an_exact_result(PruningMethod method)
    {
        // Fewer tokens than any matrix has inputs, and hidden units that no token switches on.
        foreach ((string model, string sparsity, double damping) in new[]
        {
            ("tiny-opt", "0.95", 0),
            ("tiny-llama", "0.99", 0.01)
        })
        {
            using PruneRun run = PruneRun.OnTwoLayers(model);
            var tokens = new CalibrationTokens(run.Tokens(1).Ids[..32], 32);
            PrunesExactly(run, PruningSettings.For(method) with { Damping = damping }, tokens, sparsity);
        }
    }

    [Theory]
    [InlineData(PruningMethod.SparseGpt)]
    [InlineData(PruningMethod.Ria)]
    [InlineData(PruningMethod.SparseLlm)]
    public void Inputs_that_are_all_dead_but_one_still_give_an_exact_result(PruningMethod method)
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        string gain = run.Model.Definition.Layers[1].Blocks[0].InputNorm!.Gain[0].Tensor.Name;
        var oneHot = new float[run.Model.Checkpoint[gain].ElementCount];
        oneHot[5] = 1;
        using DecoderModel model = run.Write([new PrunedLayer(1, [WholeTensor.Of(run.Model, gain, oneHot)], [], [])]);
        PrunesExactly(model, PruningSettings.For(method), run.Tokens(2), "0.6");
        PrunesExactly(model, PruningSettings.For(method), run.Tokens(2), "2:4");
    }

    [Theory]
    [InlineData(PruningMethod.Wanda)]
    [InlineData(PruningMethod.SparseGpt)]
    [InlineData(PruningMethod.Admm)]
    [InlineData(PruningMethod.Alps)]
    public void One_hot_inputs_keep_the_weights_that_matter_most_as_they_are(PruningMethod method)
    {
        // Token t switches on input t % 8 alone, with a size of its own: H is diagonal, and no weight can stand in for
        // another.
        using var backend = new CpuBackend(1);
        var x = new float[24 * 8];
        for (int token = 0; token < 24; token++)
        {
            x[token * 8 + token % 8] = 1 + token % 8;
        }

        using Matrix<float> inputs = backend.Allocate<float>(24, 8);
        backend.Upload<float>(x, inputs);
        Matrix<double> sums = backend.Allocate<double>(8, 8);
        backend.AccumulateGram(inputs, sums);
        backend.MirrorUpper(sums);
        using var gram = new InputGram(backend, "layer", sums, 1e-6, _ => { });

        float[] dense = [.. Enumerable.Range(0, 4 * 8).Select(i => (i * 7 % 32 - 15.5f) / 16)];
        using Matrix<float> weights = backend.Allocate<float>(4, 8);
        using Matrix<float> mask = backend.Allocate<float>(4, 8);
        backend.Upload<float>(dense, weights);
        SolverFactory.Create(backend, PruningSettings.For(method)).Solve(gram, weights, PruneRun.Pattern("0.5"), mask);

        var pruned = new float[dense.Length];
        backend.Download<float>(weights, pruned);
        double[] scores = [.. dense.Select((weight, i) => Math.Abs(weight) * (1 + i % 8))];
        double least = scores.OrderDescending().ElementAt(15);
        for (int i = 0; i < dense.Length; i++)
        {
            pruned[i].ShouldBe(scores[i] >= least ? dense[i] : 0, 1e-3, $"weight {i}");
        }
    }

    [Fact]
    public void A_weight_that_is_not_a_number_is_an_error_that_names_the_tensor()
    {
        const string Name = "model.decoder.layers.1.fc2.weight";
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        string directory;
        using (DecoderModel copy = run.Write([]))
        {
            directory = copy.Directory;
        }

        TensorInfo tensor = run.Model.Checkpoint[Name];
        using (FileStream file = File.OpenWrite(Path.Combine(directory, tensor.Shard)))
        {
            file.Position = tensor.Offset;
            file.Write(BitConverter.GetBytes(Half.NaN));
        }

        using DecoderModel damaged = DecoderModel.Open(directory, run.Backend);
        DiagnosticException error = Should.Throw<DiagnosticException>(
            () => Prune(damaged, PruningSettings.For(PruningMethod.SparseLlm), run.Tokens(1), "0.5"));
        error.Message.ShouldContain($"'{Name}'");
        error.Message.ShouldContain("NaN");
    }

    [Theory]
    [InlineData(PruningMethod.SparseGpt)]
    [InlineData(PruningMethod.Admm)]
    [InlineData(PruningMethod.SparseLlm)]
    public void A_text_of_one_token_repeated_still_gives_an_exact_result(PruningMethod method)
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        PrunesExactly(
            run,
            PruningSettings.For(method),
            new CalibrationTokens([.. Enumerable.Repeat(17, 64)], 64),
            "0.7");
    }

    [Fact]
    public void Raised_damping_is_reported_with_the_layer()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        var tokens = new CalibrationTokens(run.Tokens(1).Ids[..32], 32);
        List<PrunedLayer> layers = Prune(
            run.Model,
            PruningSettings.For(PruningMethod.SparseGpt) with { Damping = 0 },
            tokens,
            "0.5");
        layers[0].Fallbacks.ShouldContain(
            sentence => sentence.StartsWith("model.decoder.layers.0.") && sentence.Contains("damping raised"));
    }

    [Fact]
    public void Equal_inputs_raise_the_damping_of_every_factorisation_and_say_so()
    {
        using var backend = new CpuBackend(1);
        var reports = new List<string>();
        using InputGram gram = Gram(backend, [1, 1, 1, 1], reports);
        backend.FirstNonFinite(gram.NormalizedInverse(0)).ShouldBe(-1);
        reports.Count.ShouldBeGreaterThan(0);
        int before = reports.Count;
        backend.FirstNonFinite(gram.InverseFactor).ShouldBe(-1);
        reports.Count.ShouldBeGreaterThan(before);
        gram.Damping.ShouldBeGreaterThan(0);
        reports.ShouldAllBe(sentence => sentence.StartsWith("layer: ") && sentence.Contains("damping raised"));
    }

    [Fact]
    public void A_dead_input_without_damping_has_a_finite_scale()
    {
        using var backend = new CpuBackend(1);
        using InputGram gram = Gram(backend, [4, 0, 0, 0], []);
        gram.Scales.ShouldBe([2f, 1f]);
        backend.FirstNonFinite(gram.Normalized).ShouldBe(-1);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Inputs_that_are_not_finite_are_an_error_that_names_the_tensor(double value)
    {
        using var backend = new CpuBackend(1);
        DiagnosticException error = Should.Throw<DiagnosticException>(() => Gram(backend, [1, 0, 0, value], []));
        error.Diagnostics.Single().Code.ShouldBe("SLM3005");
        error.Message.ShouldContain("'layer'");
    }

    [Fact]
    public void Weights_that_outgrow_their_element_type_are_an_error_that_names_the_tensor()
    {
        const string Name = "model.decoder.layers.1.fc2.weight";
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        TensorInfo tensor = run.Model.Checkpoint[Name];
        var values = new float[tensor.ElementCount];
        run.Model.Checkpoint.Read(tensor, 0, values);
        float scale = 65504 / values.Max(Math.Abs);
        PrunedTensor outgrown = WholeTensor.Of(run.Model, Name, [.. values.Select(value => value * scale)]);
        using DecoderModel huge = run.Write([new PrunedLayer(1, [outgrown], [], [])]);

        var pruner = new ModelPruner(
            huge, PruningSettings.For(PruningMethod.SparseGpt), new SparsityPlan(PruneRun.Pattern("0.9"), NoRules), run
                .Tokens(4));
        DiagnosticException error = Should.Throw<DiagnosticException>(() => pruner.Run().ToList());
        error.Diagnostics.Single().Code.ShouldBe("SLM3005");
        error.Message.ShouldContain($"'{Name}'");
        error.Message.ShouldContain("F16");
    }

    [Fact]
    public void A_group_that_does_not_divide_the_width_is_an_error_that_names_the_tensor()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        DiagnosticException error = Should.Throw<DiagnosticException>(
            () => run.Prune(PruningSettings.For(PruningMethod.Magnitude), "2:5", samples: 1));
        error.Diagnostics.Single().Code.ShouldBe("SLM3004");
        error.Message.ShouldContain("'model.decoder.layers.0.self_attn.q_proj.weight'");
    }

    [Theory]
    [InlineData("0.999987", "SLM3015")]
    [InlineData("0.999986", null)]
    public void A_sparsity_that_leaves_nothing_is_an_error_that_names_the_tensor(string sparsity, string? code)
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        var plan = new SparsityPlan(
            new SparsityPattern.Unstructured(double.Parse(sparsity, System.Globalization.CultureInfo.InvariantCulture)),
            []);
        if (code is null)
        {
            plan.Validate(run.Model.Definition);
            return;
        }

        var here = new SourceLocation("pruning.yaml", 3, 1);
        Diagnostic error = Should.Throw<DiagnosticException>(() => plan.Validate(run.Model.Definition, here))
            .Diagnostics
            .Single();
        error.Code.ShouldBe(code);
        error.Location.ShouldBe(here);
        error.Message.ShouldContain($"a sparsity of {sparsity} leaves none of the 36864 weights of "
            + $"'model.decoder.layers.0.self_attn.q_proj.weight'");
    }

    [Fact]
    public void Tensors_that_are_kept_or_not_sparse_at_all_are_left_alone()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        var none = new SparsityPlan(PruneRun.Pattern("0.5"), [new SparsityRule("*", Pattern: null)]);
        run.Prune(PruningSettings.For(PruningMethod.SparseLlm), none, samples: 1)
            .ShouldAllBe(layer => layer.Tensors.Count == 0);

        var dense = new SparsityPlan(
            PruneRun.Pattern("0.5"),
            [new SparsityRule("*.fc1.weight", PruneRun.Pattern("0"))]);
        string[] names = [.. run.Prune(PruningSettings.For(PruningMethod.SparseLlm), dense, samples: 1)
            .SelectMany(layer => layer.Tensors).Select(tensor => tensor.Name)];
        names.ShouldNotContain(name => name.Contains("fc1"));
        names.ShouldContain(name => name.Contains("fc2"));
    }

    private static InputGram Gram(CpuBackend backend, double[] values, List<string> reports)
    {
        Matrix<double> sums = backend.Allocate<double>(2, 2);
        backend.Upload<double>(values, sums);
        return new InputGram(backend, "layer", sums, 0, reports.Add);
    }

    private static List<PrunedLayer> Prune(
        DecoderModel model,
        PruningSettings settings,
        CalibrationTokens tokens,
        string sparsity) =>
        [.. new ModelPruner(model, settings, new SparsityPlan(PruneRun.Pattern(sparsity), NoRules), tokens).Run()];

    private static void PrunesExactly(PruneRun run, PruningSettings settings, CalibrationTokens tokens, string sparsity)
        =>
        PrunesExactly(run.Model, settings, tokens, sparsity);

    private static void PrunesExactly(
        DecoderModel model,
        PruningSettings settings,
        CalibrationTokens tokens,
        string sparsity)
    {
        foreach (LinearReport linear in Prune(model, settings, tokens, sparsity).SelectMany(layer => layer.Linears))
        {
            linear.Zeros.ShouldBe(PruneRun.Pattern(sparsity).Zeros(linear.Rows, linear.Columns), linear.Name);
        }
    }
}
