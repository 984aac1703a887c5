using SparseLlm.Numerics.Conformance;

namespace SparseLlm.Numerics.TorchSharp.Tests;

public sealed class FastProducts : IDisposable
{
    private const double Error = 2e-5;

    private readonly TorchBackend exact = new("cpu");
    private readonly TorchBackend fast = new("cpu", precision: Precision.Fast);

    public void Dispose()
    {
        exact.Dispose();
        fast.Dispose();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Products_are_those_in_single_precision_but_for_small_errors(
        bool transposeA,
        bool transposeB) => ShouldAgree(backend =>
    {
        using Matrix<float> a = backend.Float(Reference.Random(transposeA ? 70 : 50, transposeA ? 50 : 70, 1));
        using Matrix<float> b = backend.Float(Reference.Random(transposeB ? 60 : 70, transposeB ? 70 : 60, 2));
        using Matrix<float> c = backend.Float(Reference.Random(50, 60, 3));
        backend.Multiply(a, transposeA, b, transposeB, c, 2, -0.5f);
        return [.. backend.Read(c).Select(value => (double)value)];
    });

    [Fact]
    public void Sums_over_tokens_are_those_in_single_precision_but_for_small_errors() => ShouldAgree(backend =>
    {
        using Matrix<float> x = backend.Float(Reference.Random(5000, 40, 1));
        using Matrix<float> y = backend.Float(Reference.Random(5000, 30, 2));
        using Matrix<double> gram = backend.Allocate<double>(40, 40);
        using Matrix<double> cross = backend.Allocate<double>(40, 30);
        backend.AccumulateGram(x, gram);
        backend.MirrorUpper(gram);
        backend.AccumulateCross(x, y, cross);
        return [.. backend.Read(gram), .. backend.Read(cross)];
    });

    [Fact]
    public void Results_are_not_taken_for_exact_ones() => fast.NumericsClass.ShouldNotBe(exact.NumericsClass);

    private void ShouldAgree(Func<IBackend, double[]> compute)
    {
        double[] expected = compute(exact);
        double[] actual = compute(fast);
        double size = Math.Sqrt(expected.Sum(value => value * value));
        double error = Math.Sqrt(
            expected.Zip(actual).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second)));
        (error / size).ShouldBeInRange(double.Epsilon, Error);
    }
}
