using SparseLlm.Models.Definitions;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Gradients;
using SparseLlm.Pruning.Losses;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;
using SparseLlm.Pruning.Tuning;

namespace SparseLlm.Pruning.Tests.Tuning;

/// <summary>What tuning does to codes and scales.</summary>
public sealed class TunedCodes : IDisposable
{
    private const int SequenceLength = 5;
    private const int Tokens = 4 * SequenceLength;
    private const int Group = 4;

    private static readonly Quantization FourBits = new(4, Group);
    private static readonly PruningSettings Tuned = new()
    {
        Solver = PruningMethod.SparseGpt,
        TuningEpochs = 2,
        DistillationEpochs = 2,
        TuningRate = 0.02,
        Quantization = new Quantization(4, 64),
    };

    private readonly IBackend backend = new CpuBackend(threads: 2);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Training_brings_the_loss_down_and_leaves_codes_times_scales(bool isPruned)
    {
        var weights = new RandomWeights();
        LayerDefinition definition = SampleLayers.All["layer norms first, ReLU"];
        using DecoderLayer layer = weights.Load(backend, definition);
        foreach (Linear linear in layer.Linears)
        {
            Quantize(linear, isPruned);
        }

        float[][] before = Values(layer);
        float[][] biases = Biases(layer);
        var chunks = new TokenChunks(new CalibrationTokens(new int[Tokens], SequenceLength), new MatrixStore(backend));
        using ActivationStream inputs = chunks.Stream();
        using ActivationStream targets = chunks.Stream();
        inputs.Put(0, RandomWeights.Upload(backend, weights.Random(Tokens, SampleLayers.Hidden)));
        targets.Put(0, RandomWeights.Upload(backend, weights.Random(Tokens, SampleLayers.Hidden)));
        using Matrix<float> input = inputs.Read(0);
        using Matrix<float> target = targets.Read(0);
        using var loss = new ReconstructionLoss(backend, variance: 1);
        using Matrix<float> slopes = backend.AllocateUninitialized<float>(Tokens, SampleLayers.Hidden);
        using var gradient = new LayerGradient(
            backend,
            layer,
            SequenceLength,
            linear => QuantizedParameter.Of(backend, linear.Weight, FourBits, isPruned, codeRate: 3));
        double untrained = loss.Evaluate(gradient.Forward(input), target, slopes);
        new LayerTraining(backend, gradient, loss, new WindowBatches(backend, chunks)).Run(
            inputs,
            targets,
            epochs: 40,
            rate: 0.02,
            CancellationToken.None);
        loss.Evaluate(gradient.Forward(input), target, slopes).ShouldBeLessThan(untrained / 2);

        float[][] after = Values(layer);
        for (int i = 0; i < after.Length; i++)
        {
            int columns = layer.Linears.ElementAt(i).Definition.Inputs;
            ShouldBeCodes(after[i], columns, Group);
            after[i].Zip(before[i]).Count(pair => pair.First != pair.Second).ShouldBeGreaterThan(after[i].Length / 4);
            if (isPruned)
            {
                after[i].Select(IsZero).ShouldBe(before[i].Select(IsZero));
            }
        }

        Biases(layer).Zip(biases).ShouldAllBe(pair => !pair.First.SequenceEqual(pair.Second));
    }

    [Theory]
    [InlineData("0.637", "tiny-opt")]
    [InlineData("2:4", "tiny-llama")]
    [InlineData("0", "tiny-llama")]
    public void A_tuned_model_has_codes_and_exactly_as_many_zeros(string pattern, string model)
    {
        using PruneRun run = PruneRun.OnTwoLayers(model);
        List<PrunedLayer> layers = run.Prune(Tuned, pattern, samples: 3);
        Dictionary<string, PrunedTensor> tensors = layers.SelectMany(layer => layer.Tensors)
            .ToDictionary(tensor => tensor.Tensor);
        LinearReport[] linears = [.. layers.SelectMany(layer => layer.Linears)];
        linears.Length.ShouldBe(run.Model.Definition.Layers.Sum(layer => layer.Linears.Count()));
        foreach (LinearReport linear in linears)
        {
            float[] values = tensors[linear.Name].Values;
            linear.Zeros.ShouldBe(values.LongCount(IsZero), linear.Name);
            ShouldBeCodes(values, linear.Columns, 64);
            if (pattern != "0")
            {
                linear.Zeros.ShouldBe(PruneRun.Pattern(pattern).Zeros(linear.Rows, linear.Columns), linear.Name);
            }
        }
    }

    [Fact]
    public void Tuning_codes_gives_the_same_bits_whatever_the_number_of_threads()
    {
        float[][] Values(int threads)
        {
            using PruneRun run = PruneRun.OnTwoLayers("tiny-opt", threads);
            var tokens = new CalibrationTokens(run.Tokens(samples: 2).Ids[..(5 * 64)], 64);
            return [.. run.Prune(Tuned, new(PruneRun.Pattern("0.5"), []), tokens)
                .SelectMany(layer => layer.Tensors)
                .Select(tensor => tensor.Values)];
        }

        Values(threads: 2).ShouldBe(Values(threads: 1));
    }

    /// <summary>Makes a matrix codes times scales, every other weight of which may be pruned.</summary>
    private void Quantize(Linear linear, bool isPruned)
    {
        (int rows, int columns) = (linear.Weight.Rows, linear.Weight.Columns);
        CodeRange codes = FourBits.Codes(isPruned);
        using Matrix<float> mask = backend.AllocateUninitialized<float>(rows, columns);
        using Matrix<float> scales = backend.AllocateUninitialized<float>(rows, columns / Group);
        backend.KeepLargest(linear.Weight, isPruned ? linear.Weight.Length / 2 : linear.Weight.Length, mask);
        backend.ChooseScales(linear.Weight, mask, [.. Enumerable.Repeat(1f, columns)], Group, codes, scales);
        float[] kept = Read(mask);
        float[] ofGroups = Read(scales);
        float[] latent = [.. Read(linear.Weight).Select((weight, i) =>
            ofGroups[i / Group] == 0 ? 0 : weight * kept[i] / ofGroups[i / Group])];
        using Matrix<float> source = backend.CopyOf(linear.Weight);
        backend.Upload<float>(latent, source);
        backend.Copy(mask, linear.Weight);
        backend.RoundLatent(source, scales, Group, codes, linear.Weight);
    }

    private static void ShouldBeCodes(float[] values, int columns, int group)
    {
        foreach (float[] weights in values.Chunk(columns).SelectMany(row => row.Chunk(group)))
        {
            (weights.All(IsZero) || KnownScale.Of(weights, -8, 7) is not null).ShouldBeTrue(
                string.Join(' ', weights));
        }
    }

    private static bool IsZero(float value) => value == 0;

    private float[][] Values(DecoderLayer layer) => [.. layer.Linears.Select(linear => Read(linear.Weight))];

    private float[][] Biases(DecoderLayer layer) =>
        [.. layer.Linears.Where(linear => linear.Bias is not null).Select(linear => Read(linear.Bias!))];

    private float[] Read(Matrix<float> matrix)
    {
        var values = new float[matrix.Length];
        backend.Download<float>(matrix, values);
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => backend.Dispose();
}
