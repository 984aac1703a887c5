using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Tuning;

namespace SparseLlm.Pruning.Tests.Tuning;

/// <summary>Derivatives through whole layers and heads, against central differences in double precision.</summary>
public sealed class Gradients : IDisposable
{
    private const int Hidden = 8;
    private const int Width = 12;
    private const int SequenceLength = 5;
    private const int Tokens = 2 * SequenceLength;
    private const double Tolerance = 2e-5;

    private readonly IBackend backend = new CpuBackend(threads: 2);

    public void Dispose() => backend.Dispose();

    [Fact]
    public void Of_a_layer_with_norms_first_are_its_derivatives() => LayerShouldMatch(Opt(normFirst: true));

    [Fact]
    public void Of_a_layer_with_norms_behind_are_its_derivatives() => LayerShouldMatch(Opt(normFirst: false));

    [Fact]
    public void Of_a_gated_rotary_layer_with_shared_heads_are_its_derivatives() => LayerShouldMatch(Llama(int.MaxValue));

    [Fact]
    public void Of_a_layer_with_a_window_are_its_derivatives() => LayerShouldMatch(Llama(window: 2));

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Of_the_divergence_behind_a_head_are_its_derivatives(bool hasNorm, bool hasProjection)
    {
        const int Vocabulary = 17;
        var slow = new SlowLayer(Opt(normFirst: true));
        NormDefinition? norm = hasNorm ? new("norm", NormKind.LayerNorm, Hidden, 1e-5f) : null;
        int width = hasProjection ? 6 : Hidden;
        LinearDefinition? projection = hasProjection ? new("out", Hidden, width, HasBias: false) : null;
        var tokens = new LinearDefinition("tokens", width, Vocabulary, HasBias: false);
        using Linear table = slow.LoadLinear(backend, tokens);
        using var head = new LanguageModelHead(
            backend,
            new HeadDefinition(norm, projection, new TensorShape("tokens.weight", Vocabulary, width)),
            norm is null ? null : slow.LoadNorm(backend, norm),
            projection is null ? null : slow.LoadLinear(backend, projection),
            table.Weight);
        double[,] x = slow.Random(Tokens, Hidden, 0, 2);
        double[,] target = slow.Random(Tokens, Hidden, 0, 2);
        double[] Softmax(double[,] normalized, int row)
        {
            double[,] logits = slow.Apply(tokens, projection is null ? normalized : slow.Apply(projection, normalized));
            double[] exponentials = [.. Enumerable.Range(0, Vocabulary).Select(j => Math.Exp(logits[row, j]))];
            return [.. exponentials.Select(value => value / exponentials.Sum())];
        }

        double Loss()
        {
            double[,] normalized = norm is null ? x : slow.Normalize(norm, x);
            return Enumerable.Range(0, Tokens).Average(row =>
                Softmax(target, row).Zip(Softmax(normalized, row), (p, q) => p * Math.Log(p / q)).Sum());
        }

        using var loss = new DistillationLoss(backend, head);
        using Matrix<float> gradient = backend.AllocateUninitialized<float>(Tokens, Hidden);
        loss.Evaluate(SlowLayer.Upload(backend, x), SlowLayer.Upload(backend, target), gradient).ShouldBe(Loss(), 1e-5);
        NumericalGradient.ShouldMatch(Read(gradient), x, Loss, Tolerance);
        loss.Parameters.Count.ShouldBe(hasNorm ? 2 : 0);
        foreach ((Parameter parameter, string name) in loss.Parameters.Zip(["norm.weight", "norm.bias"]))
        {
            NumericalGradient.ShouldMatch(Read(parameter.Gradient), slow[name], Loss, Tolerance);
        }
    }

    [Fact]
    public void Training_brings_the_loss_down()
    {
        var slow = new SlowLayer(Opt(normFirst: true));
        using DecoderLayer layer = slow.Load(backend);
        var batches = new TokenChunks(new CalibrationTokens(new int[Tokens], SequenceLength), new MatrixStore(backend));
        using ActivationStream chunks = batches.Stream();
        using ActivationStream targets = batches.Stream();
        chunks.Put(0, SlowLayer.Upload(backend, slow.Random(Tokens, Hidden)));
        targets.Put(0, SlowLayer.Upload(backend, slow.Random(Tokens, Hidden)));
        using Matrix<float> input = chunks.Read(0);
        using Matrix<float> target = targets.Read(0);
        using var loss = new ReconstructionLoss(backend, targets);
        using var gradient = new LayerGradient(backend, layer, SequenceLength, _ => true);
        using Matrix<float> slopes = backend.AllocateUninitialized<float>(Tokens, Hidden);
        double before = loss.Evaluate(gradient.Forward(input), target, slopes);
        new LayerTraining(backend, gradient, loss, new WindowBatches(backend, batches)).Run(chunks, targets, epochs: 100, rate: 0.01, CancellationToken.None);
        loss.Evaluate(gradient.Forward(input), target, slopes).ShouldBeLessThan(before / 2);
    }

    private void LayerShouldMatch(LayerDefinition definition)
    {
        var slow = new SlowLayer(definition);
        using DecoderLayer layer = slow.Load(backend);
        double[,] x = slow.Random(Tokens, Hidden);
        double[,] slopes = slow.Random(Tokens, Hidden);
        double Loss() => slow.Forward(x, SequenceLength).Cast<double>().Zip(slopes.Cast<double>(), (y, slope) => y * slope).Sum();

        using var gradient = new LayerGradient(backend, layer, SequenceLength, _ => true);
        using Matrix<float> input = SlowLayer.Upload(backend, x);
        double[] output = Read(gradient.Forward(input));
        output.Zip(slow.Forward(x, SequenceLength).Cast<double>()).ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) < Tolerance);
        using Matrix<float> inputGradient = gradient.Backward(SlowLayer.Upload(backend, slopes));

        NumericalGradient.ShouldMatch(Read(inputGradient), x, Loss, Tolerance);
        string[] names = [.. Names(definition)];
        gradient.Parameters.Count.ShouldBe(names.Length);
        foreach ((Parameter parameter, string name) in gradient.Parameters.Zip(names))
        {
            NumericalGradient.ShouldMatch(Read(parameter.Gradient), slow[name], Loss, Tolerance);
        }
    }

    private static IEnumerable<string> Names(LayerDefinition definition)
    {
        LinearDefinition[] linears = [.. definition.Linears];
        return definition.AttentionNorm.Tensors
            .Concat(linears[..4].SelectMany(linear => linear.Tensors))
            .Concat(definition.FeedForwardNorm.Tensors)
            .Concat(linears[4..].SelectMany(linear => linear.Tensors))
            .Select(tensor => tensor.Name);
    }

    private double[] Read(Matrix<float> matrix)
    {
        var values = new float[matrix.Length];
        backend.Download<float>(matrix, values);
        return [.. values.Select(value => (double)value)];
    }

    private static LayerDefinition Opt(bool normFirst) => new(
        0,
        new NormDefinition("ln1", NormKind.LayerNorm, Hidden, 1e-5f),
        new AttentionDefinition(
            new("q", Hidden, Hidden, true), new("k", Hidden, Hidden, true), new("v", Hidden, Hidden, true), new("o", Hidden, Hidden, true),
            Heads: 2, KeyValueHeads: 2, HeadWidth: 4),
        new NormDefinition("ln2", NormKind.LayerNorm, Hidden, 1e-5f),
        new FeedForwardDefinition(null, new("fc1", Hidden, Width, true), new("fc2", Width, Hidden, true), Activation.Relu),
        normFirst);

    private static LayerDefinition Llama(int window) => new(
        0,
        new NormDefinition("ln1", NormKind.RmsNorm, Hidden, 1e-6f),
        new AttentionDefinition(
            new("q", Hidden, 16, false), new("k", Hidden, 8, false), new("v", Hidden, 8, false), new("o", 16, Hidden, false),
            Heads: 4, KeyValueHeads: 2, HeadWidth: 4, new RotaryDefinition([1, 0.3]), window),
        new NormDefinition("ln2", NormKind.RmsNorm, Hidden, 1e-6f),
        new FeedForwardDefinition(new("gate", Hidden, Width, false), new("up", Hidden, Width, false), new("down", Width, Hidden, false), Activation.SwiGlu));
}
