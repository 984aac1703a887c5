using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Gradients;
using SparseLlm.Pruning.Losses;
using SparseLlm.Pruning.Tests.Support;
using SparseLlm.Pruning.Tuning;

namespace SparseLlm.Pruning.Tests.Tuning;

/// <summary>Forward passes through whole layers and heads, and derivatives against central differences, beside the same
/// in double precision.</summary>
public sealed class Gradients : IDisposable
{
    private const int Hidden = SampleLayers.Hidden;
    private const int SequenceLength = 5;
    private const int Tokens = 2 * SequenceLength;
    private const double Tolerance = 2e-5;

    private readonly IBackend backend = new CpuBackend(threads: 2);

    public static TheoryData<string> Layers => [.. SampleLayers.All.Keys];

    public static IEnumerable<object[]> Nonlinearities =>
        from function in Enum.GetValues<Nonlinearity>()
        from isGated in (bool[])[false, true]
        where isGated || function != Nonlinearity.ClampedSwish
        select (object[])[function, isGated];

    public void Dispose() => backend.Dispose();

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_layer_gives_what_its_definition_says_and_its_derivatives(string name)
    {
        LayerDefinition definition = SampleLayers.All[name];
        var weights = new RandomWeights();
        var slow = new SlowLayer(definition, weights);
        using DecoderLayer layer = weights.Load(backend, definition);
        double[,] x = weights.Random(Tokens, Hidden);
        double[,] slopes = weights.Random(Tokens, Hidden);
        double Loss()
            => slow.Forward(x, SequenceLength).Cast<double>().Zip(slopes.Cast<double>(), (y, slope) => y * slope).Sum();

        double[] expected = [.. slow.Forward(x, SequenceLength).Cast<double>()];
        slow.NearestTie.ShouldBeGreaterThan(0.005);
        using Matrix<float> input = RandomWeights.Upload(backend, x);
        using Matrix<float> output = layer.Forward(input, SequenceLength);
        Read(output).ShouldBe(expected, Tolerance);

        using var gradient = new LayerGradient(
            backend,
            layer,
            SequenceLength,
            linear => new Parameter(backend, linear.Weight, keepsZeros: true));
        Read(gradient.Forward(input)).ShouldBe(Read(output), 1e-6);
        using Matrix<float> outputGradient = RandomWeights.Upload(backend, slopes);
        using Matrix<float> inputGradient = gradient.Backward(outputGradient);
        NumericalGradient.ShouldMatch(Read(inputGradient), x, Loss, Tolerance);
        gradient.Parameters.Count.ShouldBe(Trained(layer));
        foreach (Parameter parameter in gradient.Parameters)
        {
            NumericalGradient.ShouldMatch(Read(parameter.Gradient), weights[parameter.Values], Loss, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Nonlinearities))]
    public void An_activation_gives_its_derivatives_and_their_squares(Nonlinearity function, bool isGated)
    {
        const int Width = 9;
        const double Step = 1e-5;
        var activation = new Activation(function);
        var weights = new RandomWeights();
        double[,] ups = weights.Random(Tokens, Width, 0, function == Nonlinearity.ClampedSwish ? 9 : 4);
        double[,]? gates = isGated
            ? weights.Random(Tokens, Width, 0, function == Nonlinearity.ClampedSwish ? 9 : 4)
            : null;
        double[,] slopes = weights.Random(Tokens, Width);
        using Matrix<float> up = RandomWeights.Upload(backend, ups);
        using Matrix<float>? gate = gates is null ? null : RandomWeights.Upload(backend, gates);
        using Matrix<float> gradient = RandomWeights.Upload(backend, slopes);
        using Matrix<float> gateGradient = backend.Allocate<float>(Tokens, Width);
        using Matrix<double> upSums = backend.Allocate<double>(1, Width);
        using Matrix<double> gateSums = backend.Allocate<double>(1, Width);

        activation.AccumulateSensitivity(backend, gate, up, upSums, gateSums);
        activation.Backward(backend, gate, up, gradient, gate is null ? null : gateGradient);

        var expectedUp = new double[Width];
        var expectedGate = new double[Width];
        for (int i = 0; i < Tokens; i++)
        {
            for (int j = 0; j < Width; j++)
            {
                double? g = gates?[i, j];
                double u = ups[i, j];
                double byUp = (SlowActivation.Hidden(activation, g, u + Step)
                    - SlowActivation.Hidden(activation, g, u - Step)) / (2 * Step);
                double byGate = (SlowActivation.Hidden(activation, g + Step, u)
                    - SlowActivation.Hidden(activation, g - Step, u)) / (2 * Step);
                Read(gradient)[i * Width + j].ShouldBe(slopes[i, j] * byUp, Tolerance);
                Read(gateGradient)[i * Width + j].ShouldBe(isGated ? slopes[i, j] * byGate : 0, Tolerance);
                expectedUp[j] += byUp * byUp;
                expectedGate[j] += isGated ? byGate * byGate : 0;
            }
        }

        double[] actual = new double[Width];
        backend.Download(upSums, actual);
        actual.Zip(expectedUp).ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) < 1e-5 * (1 + pair.Second));
        backend.Download(gateSums, actual);
        actual.Zip(expectedGate).ShouldAllBe(pair => Math.Abs(pair.First - pair.Second) < 1e-5 * (1 + pair.Second));

        activation.Apply(backend, gate, up);
        double[] hidden = Read(up);
        for (int i = 0; i < hidden.Length; i++)
        {
            (int row, int column) = (i / Width, i % Width);
            double expected = SlowActivation.Hidden(activation, gates?[row, column], ups[row, column]);
            hidden[i].ShouldBe(expected, Tolerance * (1 + Math.Abs(expected)));
        }
    }

    [Theory]
    [InlineData(true, false, false, 1f, null)]
    [InlineData(false, true, false, 1f, null)]
    [InlineData(true, false, true, 1f, null)]
    [InlineData(true, false, false, 0.3f, null)]
    [InlineData(true, true, true, 1.7f, 2f)]
    public void Of_the_divergence_behind_a_head_are_its_derivatives(
        bool hasNorm,
        bool hasProjection,
        bool hasBias,
        float scale,
        float? cap)
    {
        const int Vocabulary = 17;
        var weights = new RandomWeights();
        var slow = new SlowLayer(SampleLayers.All.Values.First(), weights);
        NormDefinition? norm = hasNorm ? NormDefinition.LayerNorm("norm", Hidden, 1e-5f) : null;
        int width = hasProjection ? 6 : Hidden;
        LinearDefinition? projection = hasProjection ? new("out", Hidden, width, hasBias: false) : null;
        var tokens = new LinearDefinition("tokens", width, Vocabulary, hasBias);
        Linear table = weights.Load(backend, tokens);
        using var head = new LanguageModelHead(
            backend,
            new HeadDefinition(norm, projection, tokens.Weight.Tensor) { Bias = tokens.Bias, Scale = scale, Cap = cap },
            norm is null ? null : weights.Load(backend, norm),
            projection is null ? null : weights.Load(backend, projection),
            table.Weight,
            table.Bias);
        double[,] x = weights.Random(Tokens, Hidden, 0, 2);
        double[,] target = weights.Random(Tokens, Hidden, 0, 2);
        double[] Logits(double[,] normalized, int row)
        {
            double[,] raw = slow.Apply(tokens, projection is null ? normalized : slow.Apply(projection, normalized));
            return [.. Enumerable.Range(0, Vocabulary)
                .Select(j => cap is { } most ? most * Math.Tanh(scale * raw[row, j] / most) : scale * raw[row, j])];
        }

        double[] Softmax(double[,] normalized, int row)
        {
            double[] exponentials = [.. Logits(normalized, row).Select(Math.Exp)];
            return [.. exponentials.Select(value => value / exponentials.Sum())];
        }

        double Loss()
        {
            double[,] normalized = slow.Normalize(norm, x);
            return Enumerable.Range(0, Tokens).Average(row =>
                Softmax(target, row).Zip(Softmax(normalized, row), (p, q) => p * Math.Log(p / q)).Sum());
        }

        using Matrix<float> input = RandomWeights.Upload(backend, x);
        using Matrix<float> logits = head.Logits(input);
        Read(logits).ShouldBe(
            [.. Enumerable.Range(0, Tokens).SelectMany(row => Logits(slow.Normalize(norm, x), row))],
            Tolerance);

        using var loss = new DistillationLoss(backend, head);
        using Matrix<float> gradient = backend.AllocateUninitialized<float>(Tokens, Hidden);
        loss.Evaluate(input, RandomWeights.Upload(backend, target), gradient).ShouldBe(Loss(), 1e-5);
        NumericalGradient.ShouldMatch(Read(gradient), x, Loss, Tolerance);
        loss.Parameters.Count.ShouldBe(hasNorm ? 2 : 0);
        foreach (Parameter parameter in loss.Parameters)
        {
            NumericalGradient.ShouldMatch(Read(parameter.Gradient), weights[parameter.Values], Loss, Tolerance);
        }
    }

    [Fact]
    public void Training_brings_the_loss_down()
    {
        var weights = new RandomWeights();
        using DecoderLayer layer = weights.Load(backend, SampleLayers.All.Values.First());
        var batches = new TokenChunks(new CalibrationTokens(new int[Tokens], SequenceLength), new MatrixStore(backend));
        using ActivationStream chunks = batches.Stream();
        using ActivationStream targets = batches.Stream();
        chunks.Put(0, RandomWeights.Upload(backend, weights.Random(Tokens, Hidden)));
        targets.Put(0, RandomWeights.Upload(backend, weights.Random(Tokens, Hidden)));
        using Matrix<float> input = chunks.Read(0);
        using Matrix<float> target = targets.Read(0);
        using var loss = new ReconstructionLoss(backend, variance: 1);
        using var gradient = new LayerGradient(
            backend,
            layer,
            SequenceLength,
            linear => new Parameter(backend, linear.Weight, keepsZeros: true));
        using Matrix<float> slopes = backend.AllocateUninitialized<float>(Tokens, Hidden);
        double before = loss.Evaluate(gradient.Forward(input), target, slopes);
        new LayerTraining(backend, gradient, loss, new WindowBatches(backend, batches)).Run(
            chunks,
            targets,
            epochs: 100,
            rate: 0.01,
            CancellationToken.None);
        loss.Evaluate(gradient.Forward(input), target, slopes).ShouldBeLessThan(before / 2);
    }

    /// <summary>How many matrices and vectors are trained: all but sinks, routers and experts.</summary>
    private static int Trained(DecoderLayer layer) =>
        layer.Norms.Sum(norm => (norm.Gain is null ? 0 : 1) + (norm.Bias is null ? 0 : 1))
        + layer.Blocks.Where(block => block.Mixer is StagedMixer).SelectMany(block => block.Mixer.Linears)
            .Sum(linear => linear.Bias is null ? 1 : 2);

    private double[] Read(Matrix<float> matrix)
    {
        var values = new float[matrix.Length];
        backend.Download<float>(matrix, values);
        return [.. values.Select(value => (double)value)];
    }
}
