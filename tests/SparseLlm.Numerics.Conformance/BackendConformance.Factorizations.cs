namespace SparseLlm.Numerics.Conformance;

public abstract partial class BackendConformance
{
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(130)]
    [InlineData(301)]
    public void The_inverse_factor_is_the_upper_cholesky_factor_of_the_inverse(int size)
    {
        double[,] gram = Reference.Gram(size, 1);
        using Matrix<double> h = Backend.Double(gram);
        using Matrix<double> u = Backend.Double(Reference.Fill(size, size, (_, _) => double.NaN));
        Backend.TryInverseFactor(h, u).ShouldBeTrue();
        double[,] inverse = Reference.Inverse(gram);
        double[] factor = Backend.Read(u);
        Reference.ShouldBeClose(factor, Reference.Flatten(Reference.UpperCholesky(inverse)), 1e-11);
        for (int i = 0; i < size; i++)
        {
            factor.AsSpan(i * size, i).ToArray().ShouldAllBe(value => value == 0);
        }

        Backend.Read(h).ShouldBe(Reference.Flatten(gram));
        using Matrix<double> result = Backend.AllocateUninitialized<double>(size, size);
        Backend.InverseFromFactor(u, result);
        Reference.ShouldBeClose(Backend.Read(result), Reference.Flatten(inverse), 1e-11);
    }

    [SkippableTheory]
    [InlineData(3, 1)]
    [InlineData(100, 0)]
    [InlineData(100, 70)]
    [InlineData(200, 199)]
    public void A_matrix_that_is_not_positive_definite_has_no_inverse_factor(int size, int row)
    {
        double[,] gram = Reference.Gram(size, 1);
        gram[row, row] -= 10;
        using Matrix<double> u = Backend.Allocate<double>(size, size);
        Backend.TryInverseFactor(Backend.Double(gram), u).ShouldBeFalse();
        gram[row, row] = double.NaN;
        Backend.TryInverseFactor(Backend.Double(gram), u).ShouldBeFalse();
    }

    [SkippableFact]
    public void A_matrix_of_zeros_has_no_inverse_factor() =>
        Backend.TryInverseFactor(Backend.Allocate<double>(10, 10), Backend.Allocate<double>(10, 10)).ShouldBeFalse();

    [SkippableFact]
    public void Factorizations_give_the_same_bits_for_any_number_of_threads() => ShouldNotDependOnThreads(device =>
    {
        using Matrix<double> u = device.AllocateUninitialized<double>(333, 333);
        device.TryInverseFactor(device.Double(Reference.Gram(333, 5)), u).ShouldBeTrue();
        using Matrix<double> inverse = device.AllocateUninitialized<double>(333, 333);
        device.InverseFromFactor(u, inverse);
        return [.. device.Read(u), .. device.Read(inverse)];
    });
}
