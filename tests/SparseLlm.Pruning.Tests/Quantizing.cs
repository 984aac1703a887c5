using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Solvers;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

/// <summary>Pruning and quantisation in one solve.</summary>
public sealed class Quantizing
{
    public static TheoryData<string, string, int, int?> Kinds { get; } = new()
    {
        { "sparsellm", "0.5", 4, 64 },
        { "sparsegpt", "2:4", 4, 32 },
        { "wanda", "0.7", 8, null },
        { "magnitude", "0.5", 4, 128 },
        { "sparsellm", "0", 4, 64 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Leaves_few_values_in_a_group_and_exactly_as_many_zeros(
        string method,
        string pattern,
        int bits,
        int? group)
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        List<PrunedLayer> layers = run.Prune(Settings(method, new Quantization(bits, group)), pattern, samples: 4);
        Dictionary<string, PrunedTensor> tensors = layers.SelectMany(layer => layer.Tensors)
            .ToDictionary(tensor => tensor.Tensor);
        foreach (LinearReport linear in layers.SelectMany(layer => layer.Linears))
        {
            float[] values = tensors[linear.Name].Values;
            if (pattern != "0")
            {
                values.Count(value => value == 0).ShouldBe(
                    (int)PruneRun.Pattern(pattern).Zeros(linear.Rows, linear.Columns),
                    $"{linear.Name}: a weight that is kept does not become zero");
            }

            foreach (float[] columns in values.Chunk(linear.Columns).SelectMany(row => row.Chunk(group ?? row.Length)))
            {
                columns.Distinct().Count().ShouldBeLessThanOrEqualTo(1 << bits);
            }
        }

        layers.Sum(layer => layer.Linears.Count).ShouldBe(2 * 7, "every matrix is quantised, pruned or not");
    }

    [SkippableTheory]
    [InlineData("tiny-llama", "0", 0.6)]
    [InlineData("tiny-opt", "0", 0.6)]
    [InlineData("tiny-opt", "0.5", 0.5)]
    [InlineData("tiny-opt", "2:4", 0.5)]
    [InlineData("tiny-llama", "2:4", 0.5)]
    [InlineData("tiny-llama", "0.5", 0.5)]
    public void Loses_less_than_rounding_afterwards(string model, string pattern, double most)
    {
        Repository.RequireAllQuality();
        var quantization = new Quantization(4, 64);
        using PruneRun run = PruneRun.OnBooks(model);
        List<PrunedLayer> pruned = pattern == "0" ? [] : run.Prune(Settings("sparsellm", null), pattern);
        double before = pattern == "0" ? run.DensePerplexity() : run.PerplexityOf(pruned);
        double rounded = run.PerplexityOf(RoundedLayers.Of(
            run.Model,
            pruned,
            (values, columns) => RoundingToNearest.Rounded(values, columns, quantization)));
        double solved = run.PerplexityOf(run.Prune(Settings("sparsellm", quantization), pattern));
        Math.Log(solved / before).ShouldBeLessThan(most * Math.Log(rounded / before));
    }

    [SkippableTheory]
    [InlineData("tiny-llama", "2:4")]
    [InlineData("tiny-llama", "0.5")]
    public void With_tuning_loses_less_than_half_of_rounding_afterwards(string model, string pattern)
    {
        Repository.RequireAllQuality();
        var quantization = new Quantization(4, 64);
        PruningSettings best = PruningSettings.For(PruningMethod.SparseLlm, Preset.Find("best"));
        using PruneRun run = PruneRun.OnBooks(model);
        List<PrunedLayer> pruned = run.Prune(best, pattern);
        double before = run.PerplexityOf(pruned);
        double rounded = run.PerplexityOf(RoundedLayers.Of(
            run.Model,
            pruned,
            (values, columns) => RoundingToNearest.Rounded(values, columns, quantization)));
        double solved = run.PerplexityOf(run.Prune(best with { Quantization = quantization }, pattern));
        Math.Log(solved / before).ShouldBeLessThan(0.5 * Math.Log(rounded / before));
    }

    [SkippableTheory]
    [InlineData("tiny-llama")]
    [InlineData("tiny-opt")]
    public void In_eight_bits_costs_next_to_nothing(string model)
    {
        Repository.RequireAllQuality();
        using PruneRun run = PruneRun.OnBooks(model);
        double before = run.PerplexityOf(run.Prune(Settings("sparsellm", null), "0.5"));
        run.PerplexityOf(run.Prune(Settings("sparsellm", new Quantization(8, 64)), "0.5"))
            .ShouldBeLessThan(1.003 * before);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void Fits_better_than_rounding_in_the_norm_of_the_inputs(double sparsity)
    {
        const int Rows = 48;
        const int Columns = 96;
        using var backend = new CpuBackend(1);
        using Matrix<float> target = Random(backend, Rows, Columns);
        using Matrix<float> mask = backend.AllocateUninitialized<float>(Rows, Columns);
        backend.KeepLargest(target, (long)(target.Length * (1 - sparsity)), mask);
        using var gram = new InputGram(backend, "x", Gram(backend, Columns), 0.01, _ => { });
        using Matrix<float> fitted = backend.CopyOf(target);
        backend.Hadamard(fitted, mask, fitted);
        new MaskedRefit(backend, 30).Refit(gram, target, mask, fitted);
        double before = Error(backend, gram, fitted, target);

        var quantization = new Quantization(4, 32);
        var values = new float[fitted.Length];
        backend.Download<float>(fitted, values);
        using Matrix<float> rounded = backend.CopyOf(fitted);
        backend.Upload<float>(RoundingToNearest.Rounded(values, Columns, quantization), rounded);
        new Quantizer(backend, quantization, blockSize: 64).Quantize(gram, target, mask, fitted);
        double after = Error(backend, gram, fitted, target) - before;
        after.ShouldBeLessThan((sparsity == 0 ? 0.5 : 0.7) * (Error(backend, gram, rounded, target) - before));
        backend.CountNonZero(fitted).ShouldBe(sparsity == 0 ? backend.CountNonZero(fitted) : backend.CountNonZero(mask));
    }

    [Theory]
    [InlineData(0.5, 1e-12f, "96 kept weights are too small")]
    [InlineData(0.5, 1e12f, "6 groups have weights too large")]
    [InlineData(0.0, 1e12f, "6 groups have weights too large")]
    public void Weights_that_no_scale_reaches_are_reported(double sparsity, float factor, string lost)
    {
        const int Rows = 4;
        const int Columns = 96;
        using var backend = new CpuBackend(1);
        using Matrix<float> target = Random(backend, Rows, Columns);
        using Matrix<float> mask = backend.AllocateUninitialized<float>(Rows, Columns);
        backend.KeepLargestPerRow(target, (long)(Rows * Columns * (1 - sparsity)), mask);
        float[] values = new float[target.Length];
        backend.Download<float>(target, values);
        for (int i = 0; i < 2 * Columns; i++)
        {
            values[i] *= factor;
        }

        backend.Upload<float>(values, target);
        List<string> reports = [];
        using var gram = new InputGram(backend, "x", Gram(backend, Columns), 0.01, reports.Add);
        using Matrix<float> weights = backend.CopyOf(target);
        backend.Hadamard(weights, mask, weights);
        new Quantizer(backend, new Quantization(4, 32), blockSize: 32).Quantize(gram, target, mask, weights);
        reports.ShouldHaveSingleItem().ShouldStartWith($"x: {lost}");
    }

    private static Matrix<float> Random(IBackend backend, int rows, int columns)
    {
        var random = new Random(1);
        Matrix<float> matrix = backend.AllocateUninitialized<float>(rows, columns);
        backend.Upload<float>(
            [.. Enumerable.Range(0, rows * columns).Select(_ => (float)random.NextDouble() - 0.5f)],
            matrix);
        return matrix;
    }

    /// <summary>X'X of inputs that depend on each other.</summary>
    private static Matrix<double> Gram(IBackend backend, int columns)
    {
        using Matrix<float> independent = Random(backend, 4 * columns, columns);
        using Matrix<float> mixing = Random(backend, columns, columns);
        using Matrix<float> inputs = backend.AllocateUninitialized<float>(4 * columns, columns);
        backend.Multiply(independent, false, mixing, false, inputs);
        Matrix<double> gram = backend.Allocate<double>(columns, columns);
        backend.AccumulateGram(inputs, gram);
        backend.MirrorUpper(gram);
        return gram;
    }

    /// <summary>tr (W - T) H (W - T)'.</summary>
    private static double Error(IBackend backend, InputGram gram, Matrix<float> weights, Matrix<float> target)
    {
        using Matrix<float> difference = backend.CopyOf(weights);
        backend.Combine(1, weights, -1, target, difference);
        return backend.QuadraticForm(difference, gram.Damped);
    }

    private static PruningSettings Settings(string method, Quantization? quantization)
        => PruningSettings.For(Enum.Parse<PruningMethod>(method, ignoreCase: true)) with
        {
            Quantization = quantization
        };
}
