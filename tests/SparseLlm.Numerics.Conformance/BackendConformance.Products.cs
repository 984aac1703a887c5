namespace SparseLlm.Numerics.Conformance;

public abstract partial class BackendConformance
{
    [SkippableTheory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 5, 2)]
    [InlineData(16, 40, 70)]
    [InlineData(24, 16, 384)]
    [InlineData(67, 33, 19)]
    [InlineData(130, 301, 401)]
    [InlineData(200, 97, 800)]
    [InlineData(1, 333, 100)]
    [InlineData(50, 1, 130)]
    public void Products_match_the_reference_for_every_transposition(int m, int n, int k)
    {
        double[,] a = Reference.Random(m, k, 1);
        double[,] b = Reference.Random(k, n, 2);
        double[,] c = Reference.Random(m, n, 3);
        double[] product = Reference.Flatten(Reference.Multiply(a, b));
        double[] start = Reference.Flatten(c);
        foreach ((bool transposeA, bool transposeB) in new[]
        {
            (false, false),
            (false, true),
            (true, false),
            (true, true)
        })
        {
            double[,] left = transposeA ? Reference.Transpose(a) : a;
            double[,] right = transposeB ? Reference.Transpose(b) : b;
            foreach ((float alpha, float beta) in new[] { (1f, 0f), (-1f, 1f), (0.5f, -2f) })
            {
                double[] expected = [.. product.Zip(start, (x, y) => alpha * x + beta * y)];
                using Matrix<float> single = Backend.Float(c);
                Backend.Multiply(
                    Backend.Float(left),
                    transposeA,
                    Backend.Float(right),
                    transposeB,
                    single,
                    alpha,
                    beta);
                Reference.ShouldBeClose(Backend.ReadWide(single), expected, 2e-5);

                using Matrix<double> precise = Backend.Double(c);
                Backend.Multiply(
                    Backend.Double(left),
                    transposeA,
                    Backend.Double(right),
                    transposeB,
                    precise,
                    alpha,
                    beta);
                Reference.ShouldBeClose(Backend.Read(precise), expected, 1e-13);
            }
        }
    }

    [SkippableFact]
    public void A_product_with_beta_zero_does_not_read_the_result()
    {
        using Matrix<float> c = Backend.Float(Reference.Fill(40, 50, (_, _) => double.NaN));
        Backend.Multiply(
            Backend.Float(Reference.Random(40, 7, 1)),
            false,
            Backend.Float(Reference.Random(7, 50, 2)),
            false,
            c);
        Backend.FirstNonFinite(c).ShouldBe(-1);
    }

    [SkippableFact]
    public void A_product_over_no_terms_scales_the_result()
    {
        using Matrix<float> c = Backend.Float(Reference.Fill(3, 4, (_, _) => 2));
        using Matrix<float> a = Backend.Allocate<float>(3, 0);
        using Matrix<float> b = Backend.Allocate<float>(0, 4);
        Backend.Multiply(a, false, b, false, c, 1, 0.5f);
        Backend.Read(c).ShouldAllBe(value => value == 1);
    }

    [SkippableFact]
    public void Products_work_on_slices_and_leave_other_rows_alone()
    {
        double[,] a = Reference.Random(90, 30, 1);
        double[,] b = Reference.Random(30, 20, 2);
        using Matrix<float> left = Backend.Float(a);
        using Matrix<float> c = Backend.Float(Reference.Fill(90, 20, (_, _) => 7));
        Backend.Multiply(left.Slice(33, 25), false, Backend.Float(b), false, c.Slice(33, 25));
        double[,] product = Reference.Multiply(a, b);
        double[,] expected = Reference.Fill(90, 20, (i, j) => i is >= 33 and < 58 ? product[i, j] : 7);
        Reference.ShouldBeClose(Backend.ReadWide(c), Reference.Flatten(expected), 1e-5);
    }

    [SkippableFact]
    public void Products_of_wrong_shapes_or_overlapping_matrices_are_refused()
    {
        using Matrix<float> a = Backend.Allocate<float>(4, 6);
        using Matrix<float> square = Backend.Allocate<float>(6, 6);
        Should.Throw<ArgumentException>(() => Backend.Multiply(a, true, square, false, Backend.Allocate<float>(6, 6)));
        Should.Throw<ArgumentException>(() => Backend.Multiply(a, false, square, false, Backend.Allocate<float>(4, 5)));
        Should.Throw<ArgumentException>(() => Backend.Multiply(square, false, square, false, square));
    }

    [SkippableFact]
    public void Products_give_the_same_bits_for_any_number_of_threads() => ShouldNotDependOnThreads(device =>
    {
        using Matrix<float> c = device.Float(Reference.Random(301, 203, 3));
        device.Multiply(
            device.Float(Reference.Random(301, 500, 1)),
            false,
            device.Float(Reference.Random(203, 500, 2)),
            true,
            c,
            0.7f,
            0.3f);
        using Matrix<float> thin = device.Allocate<float>(5, 203);
        device.Multiply(
            device.Float(Reference.Random(5, 500, 1)),
            false,
            device.Float(Reference.Random(203, 500, 2)),
            true,
            thin);
        using Matrix<double> h = device.Allocate<double>(301, 301);
        device.AccumulateGram(device.Float(Reference.Random(700, 301, 4)), h);
        device.MirrorUpper(h);
        using Matrix<double> g = device.Allocate<double>(301, 45);
        device.AccumulateCross(
            device.Float(Reference.Random(700, 301, 4)),
            device.Float(Reference.Random(700, 45, 4)),
            g);
        double form = device.QuadraticForm(device.Float(Reference.Random(5, 301, 5)), h);
        return [.. device.ReadWide(c), .. device.ReadWide(thin), .. device.Read(h), .. device.Read(g), form];
    });

    [SkippableTheory]
    [InlineData(1, 3)]
    [InlineData(5, 1)]
    [InlineData(400, 37)]
    [InlineData(1000, 130)]
    public void Grams_accumulate_and_mirrored_are_exactly_symmetric(int tokens, int width)
    {
        double[,] x = Reference.Random(tokens, width, 1);
        using Matrix<double> h = Backend.Double(Reference.Gram(width, 2));
        double[] start = Backend.Read(h);
        Backend.AccumulateGram(Backend.Float(x), h);
        Backend.MirrorUpper(h);
        double[] sum = Backend.Read(h);
        double[] expected = [.. Reference.Flatten(Reference.Multiply(Reference.Transpose(x), x))
            .Zip(start, (a, b) => a + b)];
        Reference.ShouldBeClose(sum, expected, 2e-5);
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < i; j++)
            {
                sum[i * width + j].ShouldBe(sum[j * width + i]);
            }
        }
    }

    [SkippableTheory]
    [InlineData(1, 1)]
    [InlineData(3, 37)]
    [InlineData(40, 530)]
    public void Quadratic_forms_read_the_upper_triangle_alone(int rows, int width)
    {
        double[,] w = Reference.Random(rows, width, 1);
        double[,] h = Reference.Gram(width, 2);
        double expected = Reference.Flatten(Reference.Multiply(w, h)).Zip(Reference.Flatten(w), (a, b) => a * b).Sum();
        using Matrix<double> upper = Backend.Double(
            Reference.Fill(width, width, (i, j) => i <= j ? h[i, j] : double.NaN));
        Backend.QuadraticForm(Backend.Float(w), upper).ShouldBe(expected, 1e-5 * expected);
    }

    [SkippableFact]
    public void Long_sums_of_grams_keep_their_precision()
    {
        // Ten million in single precision would swallow every further one.
        using Matrix<double> h = Backend.Double(new double[,] { { 1e10, 1e10 }, { 1e10, 1e10 } });
        using Matrix<float> x = Backend.Float(Reference.Fill(3000, 2, (_, _) => 1));
        Backend.AccumulateGram(x, h);
        Backend.MirrorUpper(h);
        Backend.Read(h).ShouldAllBe(value => value == 1e10 + 3000);
    }

    [SkippableFact]
    public void Cross_products_accumulate()
    {
        double[,] x = Reference.Random(777, 50, 1);
        double[,] y = Reference.Random(777, 31, 2);
        using Matrix<double> g = Backend.Double(Reference.Random(50, 31, 3));
        double[] start = Backend.Read(g);
        Backend.AccumulateCross(Backend.Float(x), Backend.Float(y), g);
        double[] expected = [.. Reference.Flatten(Reference.Multiply(Reference.Transpose(x), y))
            .Zip(start, (a, b) => a + b)];
        Reference.ShouldBeClose(Backend.Read(g), expected, 2e-5);
    }

    [SkippableFact]
    public void Column_sums_and_squares_accumulate()
    {
        double[,] x = Reference.Random(333, 517, 1);
        using Matrix<double> sums = Backend.Double(Reference.Fill(1, 517, (_, j) => j));
        using Matrix<double> squares = Backend.Double(Reference.Fill(1, 517, (_, j) => j));
        Backend.AccumulateColumnSums(Backend.Float(x), sums);
        Backend.AccumulateColumnSquares(Backend.Float(x), squares);
        double[] expectedSums = [.. Enumerable.Range(0, 517)
            .Select(j => j + Enumerable.Range(0, 333).Sum(i => x[i, j]))];
        double[] expectedSquares = [.. Enumerable.Range(0, 517)
            .Select(j => j + Enumerable.Range(0, 333).Sum(i => x[i, j] * x[i, j]))];
        Reference.ShouldBeClose(Backend.Read(sums), expectedSums, 1e-12);
        Reference.ShouldBeClose(Backend.Read(squares), expectedSquares, 1e-6);
    }
}
