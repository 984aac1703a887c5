using SparseLlm.Numerics.Conformance;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>Matrices that do not fit the pieces that the backend works in.</summary>
public sealed class LargeMatrices : IDisposable
{
    private const int Width = 1300;

    private readonly TorchBackend backend = new("cpu");

    public void Dispose() => backend.Dispose();

    [Fact]
    public void Transfers_and_elementwise_operations_reach_every_element()
    {
        float[] values = new float[4200 * 4001];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = i % 1021;
        }

        using Matrix<float> x = backend.AllocateUninitialized<float>(4200, 4001);
        backend.Upload<float>(values, x);
        backend.Combine(1, x, 1, x, x);
        var read = new float[values.Length];
        backend.Download<float>(x, read);
        read.Where((value, i) => value != 2 * values[i]).ShouldBeEmpty();
        values[^1] = float.NaN;
        backend.Upload<float>(values, x);
        backend.FirstNonFinite(x).ShouldBe(values.Length - 1);
    }

    [Fact]
    public void Grams_are_complete_and_symmetric()
    {
        using Matrix<double> h = Gram();
        using Matrix<double> wide = backend.Double(Reference.Random(20, Width, 1));
        using Matrix<double> expected = backend.AllocateUninitialized<double>(Width, Width);
        backend.Multiply(wide, true, wide, false, expected);
        double[] sums = backend.Read(h);
        Reference.ShouldBeClose(sums, backend.Read(expected), 1e-6);
        Enumerable.Range(0, sums.Length).ShouldAllBe(i => sums[i] == sums[i % Width * Width + i / Width]);
    }

    [Fact]
    public void The_inverse_factor_inverts()
    {
        using Matrix<double> h = Gram();
        backend.AddDiagonal(h, 0.5);
        using Matrix<double> u = backend.AllocateUninitialized<double>(Width, Width);
        using Matrix<double> inverse = backend.AllocateUninitialized<double>(Width, Width);
        using Matrix<double> identity = backend.AllocateUninitialized<double>(Width, Width);
        backend.TryInverseFactor(h, u).ShouldBeTrue();
        backend.InverseFromFactor(u, inverse);
        backend.Multiply(h, false, inverse, false, identity);
        backend.AddDiagonal(identity, -1);
        backend.Read(identity).ShouldAllBe(value => Math.Abs(value) < 1e-10);
        backend.Read(u).Where((value, i) => i % Width < i / Width && value != 0).ShouldBeEmpty();

        backend.AddDiagonal(h, -1);
        backend.TryInverseFactor(h, u).ShouldBeFalse();
    }

    private Matrix<double> Gram()
    {
        using Matrix<float> x = backend.Float(Reference.Random(20, Width, 1));
        Matrix<double> h = backend.Allocate<double>(Width, Width);
        backend.AccumulateGram(x, h);
        backend.MirrorUpper(h);
        return h;
    }
}
