using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Numerics.Tests;

/// <summary>What scores are made of adds up one after the other, so that masks of before stay as they were.</summary>
public sealed class SumsOfMagnitudes
{
    private const int Rows = 301;
    private const int Columns = 517;

    private readonly float[] weights = Weights();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Relative_importance_has_the_bits_of_one_loop_over_the_weights(int threads)
    {
        double[] factors = [.. Enumerable.Range(0, Columns).Select(j => Math.Pow(j, 0.25))];
        var rowSums = new double[Rows];
        var columnSums = new double[Columns];
        for (int i = 0; i < weights.Length; i++)
        {
            double magnitude = Math.Abs(weights[i]);
            rowSums[i / Columns] += magnitude;
            columnSums[i % Columns] += magnitude;
        }

        float[] expected = [.. weights.Select((weight, i) => (float)(Relative(weight, i) * factors[i % Columns]))];
        using var backend = new CpuBackend(threads);
        using Matrix<float> matrix = backend.AllocateUninitialized<float>(Rows, Columns);
        backend.Upload<float>(weights, matrix);
        backend.RelativeImportance(matrix, factors, matrix);
        var scores = new float[weights.Length];
        backend.Download<float>(matrix, scores);
        scores.AsSpan().SequenceEqual(expected).ShouldBeTrue();

        double Relative(double weight, int i) => weight == 0
            ? 0
            : Math.Abs(weight) / rowSums[i / Columns] + Math.Abs(weight) / columnSums[i % Columns];
    }

    [Fact]
    public void Magnitudes_add_up_to_the_bits_of_one_loop_over_them()
    {
        using var backend = new CpuBackend(3);
        using Matrix<float> matrix = backend.AllocateUninitialized<float>(Rows, Columns);
        backend.Upload<float>(weights, matrix);
        backend.SumMagnitudes(matrix).ShouldBe(weights.Sum(weight => (double)Math.Abs(weight)));
    }

    private static float[] Weights()
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, Rows * Columns)
            .Select(i => i % 11 == 0 ? 0 : (random.NextSingle() - 0.5f) * MathF.Exp(4 * random.NextSingle()))];
    }
}
