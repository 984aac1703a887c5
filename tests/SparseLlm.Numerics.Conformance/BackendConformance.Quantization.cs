namespace SparseLlm.Numerics.Conformance;

public abstract partial class BackendConformance
{
    private static readonly CodeRange FourBits = new(-8, 7, HasZero: false);

    [SkippableTheory]
    [InlineData(1, 1, 32)]
    [InlineData(5, 70, 32)]
    [InlineData(67, 128, 64)]
    [InlineData(40, 96, 96)]
    public void A_chosen_scale_rounds_as_well_as_any_that_reaches_the_greatest_weight(int rows, int columns, int group)
    {
        double[,] w = Reference.Random(rows, columns, 1);
        double[,] mask = Reference.Fill(rows, columns, (i, j) => (i + j) % 3 == 0 ? 0 : 1);
        double[] importance = [.. Enumerable.Range(0, columns).Select(j => 1.0 + j % 5)];
        var reference = new QuantizationReference(group, FourBits);
        int groups = (columns + group - 1) / group;
        using Matrix<float> scales = Backend.Allocate<float>(rows, groups);
        Backend.ChooseScales(
            Backend.Float(w),
            Backend.Float(mask),
            [.. importance.Select(value => (float)value)],
            group,
            FourBits,
            scales);
        double[] chosen = Backend.ReadWide(scales);
        for (int i = 0; i < rows; i++)
        {
            for (int of = 0; of < groups; of++)
            {
                double scale = chosen[i * groups + of];
                ((double)(Half)scale).ShouldBe(scale);
                double greatest = Enumerable.Range(of * group, Math.Min(group, columns - of * group))
                    .Select(j => w[i, j] * mask[i, j]).MaxBy(Math.Abs);
                double plain = (double)(Half)(greatest / FourBits.Least);
                reference.Error(w, mask, importance, i, of, scale)
                    .ShouldBeLessThanOrEqualTo(1.0001 * reference.Error(w, mask, importance, i, of, plain) + 1e-12);
                (greatest == 0).ShouldBe(scale == 0);
            }
        }
    }

    [SkippableTheory]
    [InlineData(1, 1, 32, 128)]
    [InlineData(5, 70, 32, 128)]
    [InlineData(67, 300, 64, 128)]
    [InlineData(33, 160, 160, 64)]
    public void Descent_lowers_the_error_and_keeps_mask_codes_and_gradient(
        int rows,
        int columns,
        int group,
        int blockSize)
    {
        double[,] target = Reference.Random(rows, columns, 1);
        double[,] h = Reference.Gram(columns, 2);
        double[,] mask = Reference.Fill(rows, columns, (i, j) => (2 * i + j) % 3 == 0 ? 0 : 1);
        var reference = new QuantizationReference(group, FourBits);
        double[,] start = Reference.Fill(rows, (columns + group - 1) / group, (i, j) => 0.5);
        double[,] rounded = Reference.Fill(
            rows,
            columns,
            (i, j) => reference.Rounded(target[i, j], start[i, j / group], mask[i, j]));
        using Matrix<float> weights = Backend.Float(rounded);
        using Matrix<float> scales = Backend.Float(start);
        using Matrix<float> curvature = Backend.Float(h);
        using Matrix<float> gradient = Backend.Float(Product(Difference(rounded, target), h));
        double before = Error(rounded, target, h);
        for (int pass = 0; pass < 3; pass++)
        {
            Backend.QuantizeDescent(
                weights,
                gradient,
                curvature,
                Backend.Float(mask),
                scales,
                group,
                FourBits,
                blockSize);
            double[] values = Backend.ReadWide(weights);
            double[,] after = Reference.Fill(rows, columns, (i, j) => values[i * columns + j]);
            double error = Error(after, target, h);
            error.ShouldBeLessThanOrEqualTo(before * 1.0001 + 1e-9);
            before = error;
            Reference.ShouldBeClose(
                Backend.ReadWide(gradient),
                Reference.Flatten(Product(Difference(after, target), h)),
                1e-3);
        }

        double[] chosen = Backend.ReadWide(scales);
        int groups = start.GetLength(1);
        ShouldBeCodes(
            Backend.ReadWide(weights),
            mask,
            Reference.Fill(rows, groups, (i, j) => chosen[i * groups + j]),
            group);
    }

    [SkippableTheory]
    [InlineData(1, 1, 32, false)]
    [InlineData(5, 70, 32, false)]
    [InlineData(67, 128, 64, true)]
    [InlineData(33, 101, 101, false)]
    public void Latent_weights_become_codes_and_the_gradient_goes_straight_through(
        int rows,
        int columns,
        int group,
        bool hasZero)
    {
        CodeRange codes = FourBits with { HasZero = hasZero };
        double[,] latent = Reference.Fill(rows, columns, (i, j) => (float)(0.37 * ((5 * i + 3 * j) % 61 - 30)));
        double[,] scales = Reference.Fill(
            rows,
            (columns + group - 1) / group,
            (i, j) => (i + j) % 3 == 2 ? 0 : (double)(Half)(0.1 * (1 + j) * (i % 2 == 0 ? 1 : -1)));
        double[,] mask = Reference.Fill(rows, columns, (i, j) => (2 * i + j) % 3 == 0 ? 0 : 1);
        double[,] slopes = Reference.Random(rows, columns, 3);
        using Matrix<float> source = Backend.Float(latent);
        using Matrix<float> ofGroups = Backend.Float(scales);
        using Matrix<float> weights = Backend.Float(mask);
        using Matrix<float> gradient = Backend.Float(slopes);
        using Matrix<float> byScales = Backend.Allocate<float>(rows, scales.GetLength(1));
        Backend.RoundLatent(source, ofGroups, group, codes, weights);
        Backend.LatentGradient(source, ofGroups, group, codes, weights, gradient, byScales);

        var reference = new QuantizationReference(group, codes);
        double Scale(int i, int j) => scales[i, j / group];
        bool IsKept(int i, int j) => hasZero || (mask[i, j] != 0 && Scale(i, j) != 0);
        Reference.ShouldBeClose(
            Backend.ReadWide(weights),
            Reference.Flatten(Reference.Fill(
                rows,
                columns,
                (i, j) => IsKept(i, j) ? reference.Rounded(latent[i, j], 1, 1) * Scale(i, j) : 0)),
            1e-6);
        Reference.ShouldBeClose(
            Backend.ReadWide(gradient),
            Reference.Flatten(Reference.Fill(
                rows,
                columns,
                (i, j) => IsKept(i, j) && latent[i, j] is >= -8.5 and <= 7.5
                    ? slopes[i, j] * Math.Sign(Scale(i, j))
                    : 0)),
            1e-6);
        Reference.ShouldBeClose(
            Backend.ReadWide(byScales),
            Reference.Flatten(Reference.Fill(rows, scales.GetLength(1), (i, of) => Enumerable
                .Range(of * group, Math.Min(group, columns - of * group))
                .Sum(j => IsKept(i, j) ? slopes[i, j] * reference.Rounded(latent[i, j], 1, 1) : 0))),
            1e-4);
        Backend.Read(weights).ShouldAllBe(weight => weight != 0 || !float.IsNegative(weight));
    }

    [SkippableFact]
    public void Quantising_does_not_depend_on_the_number_of_threads() => ShouldNotDependOnThreads(device =>
    {
        using Matrix<float> weights = device.Float(Reference.Random(131, 259, 1));
        using Matrix<float> mask = device.Float(Reference.Fill(131, 259, (i, j) => (i + j) % 2));
        using Matrix<float> scales = device.Allocate<float>(131, 5);
        using Matrix<float> h = device.Float(Reference.Gram(259, 2));
        using Matrix<float> gradient = device.Float(Reference.Random(131, 259, 3));
        device.ChooseScales(weights, mask, [.. Enumerable.Repeat(1f, 259)], 64, FourBits, scales);
        device.QuantizeDescent(weights, gradient, h, mask, scales, 64, FourBits, 128);
        double[] quantized = [.. device.ReadWide(weights), .. device.ReadWide(scales), .. device.ReadWide(gradient)];
        using Matrix<float> latent = device.Float(Reference.Random(131, 259, 4));
        using Matrix<float> byScales = device.Allocate<float>(131, 5);
        device.RoundLatent(latent, scales, 64, FourBits, weights);
        device.LatentGradient(latent, scales, 64, FourBits, weights, gradient, byScales);
        return
        [
            .. quantized, .. device.ReadWide(weights), .. device.ReadWide(gradient), .. device.ReadWide(byScales),
        ];
    });

    private static void ShouldBeCodes(double[] weights, double[,] mask, double[,] scales, int group)
    {
        int columns = mask.GetLength(1);
        for (int index = 0; index < weights.Length; index++)
        {
            (int i, int j) = (index / columns, index % columns);
            if (mask[i, j] == 0)
            {
                weights[index].ShouldBe(0);
                continue;
            }

            double code = weights[index] / scales[i, j / group];
            code.ShouldBe(Math.Round(code), 1e-4);
            Math.Round(code).ShouldBeInRange(FourBits.Least, FourBits.Most);
            Math.Round(code).ShouldNotBe(0);
        }
    }

    private static double Error(double[,] w, double[,] target, double[,] h)
    {
        double[,] difference = Difference(w, target);
        double[] product = Reference.Flatten(Product(difference, h));
        return Reference.Flatten(difference).Zip(product, (d, p) => d * p).Sum();
    }

    private static double[,] Difference(double[,] x, double[,] y)
        => Reference.Fill(x.GetLength(0), x.GetLength(1), (i, j) => x[i, j] - y[i, j]);

    private static double[,] Product(double[,] x, double[,] h) => Reference.Fill(
        x.GetLength(0),
        h.GetLength(1),
        (i, j) => Enumerable.Range(0, h.GetLength(0)).Sum(k => x[i, k] * h[k, j]));
}
