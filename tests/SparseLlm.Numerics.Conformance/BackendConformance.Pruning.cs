namespace SparseLlm.Numerics.Conformance;

public abstract partial class BackendConformance
{
    [SkippableTheory]
    [InlineData(1, 1, 1, 128)]
    [InlineData(5, 40, 100, 128)]
    [InlineData(67, 129, 0, 128)]
    [InlineData(67, 129, 67 * 129, 128)]
    [InlineData(33, 300, 5001, 128)]
    [InlineData(70, 150, 7000, 37)]
    [InlineData(40, 64, 1300, 1)]
    [InlineData(20, 200, 2000, 500)]
    public void The_obs_sweep_follows_its_equations(int rows, int columns, int zeros, int blockSize) =>
        ShouldSweep(Reference.Random(rows, columns, 1), zeros, blockSize);

    [SkippableFact]
    public void The_obs_sweep_keeps_the_zeros_of_a_block_that_is_sparse_already()
    {
        // Zeros have the lowest score; with fewer of them than are to be pruned, all stay.
        double[,] random = Reference.Random(48, 128, 1);
        double[,] w = Reference.Fill(48, 128, (i, j) => (i + j) % 2 == 0 ? 0 : random[i, j]);
        float[] pruned = ShouldSweep(w, 48 * 128 / 2 + 300, 128);
        for (int i = 0; i < 48; i++)
        {
            for (int j = i % 2; j < 128; j += 2)
            {
                pruned[i * 128 + j].ShouldBe(0);
            }
        }
    }

    [SkippableTheory]
    [InlineData(5, 8, 2, 4, 128)]
    [InlineData(33, 256, 2, 4, 128)]
    [InlineData(70, 300, 3, 5, 128)]
    [InlineData(64, 96, 4, 8, 20)]
    [InlineData(31, 64, 12, 16, 5)]
    [InlineData(31, 64, 0, 4, 128)]
    [InlineData(31, 64, 4, 4, 128)]
    public void The_obs_sweep_of_groups_follows_its_equations(
        int rows,
        int columns,
        int zeros,
        int group,
        int blockSize)
    {
        double[,] w = Reference.Random(rows, columns, 1);
        double[,] u = Reference.UpperCholesky(Reference.Inverse(Reference.Gram(columns, 2)));
        using Matrix<float> weights = Backend.Float(w);
        using Matrix<float> mask = Backend.Float(Reference.Fill(rows, columns, (_, _) => double.NaN));
        Backend.ObsSweepGroups(weights, Backend.Double(u), zeros, group, blockSize, mask);

        double[] kept = Backend.ReadWide(mask);
        for (int start = 0; start < kept.Length; start += group)
        {
            kept.AsSpan(start, group).ToArray().Count(value => value == 0).ShouldBe(zeros);
        }

        double[,] expected = ObsReference.Groups(w, u, zeros, group);
        ShouldMatch(Backend.Read(weights), kept, w, expected);
    }

    [SkippableFact]
    public void Of_equal_groups_the_lower_index_is_kept()
    {
        using Matrix<float> weights = Backend.Float(Reference.Fill(9, 8, (_, _) => 1));
        using Matrix<float> mask = Backend.Allocate<float>(9, 8);
        Backend.ObsSweepGroups(
            weights,
            Backend.Double(Reference.Fill(8, 8, (i, j) => i == j ? 1 : 0)),
            2,
            4,
            128,
            mask);
        Backend.Read(mask).Chunk(4).ShouldAllBe(group => group.SequenceEqual(new float[] { 1, 1, 0, 0 }));
    }

    [SkippableTheory]
    [InlineData(1, 1)]
    [InlineData(67, 129)]
    [InlineData(300, 40)]
    public void Relative_importance_is_that_of_a_weight_in_its_row_and_in_its_column(int rows, int columns)
    {
        double[,] random = Reference.Random(rows, columns, 1);
        double[,] w = Reference.Fill(rows, columns, (i, j) => i == 3 || j == 2 || (i + j) % 7 == 5 ? 0 : random[i, j]);
        double[] factors = [.. Enumerable.Range(0, columns).Select(j => 0.25 * (j + 1))];
        double RowSum(int i) => Enumerable.Range(0, columns).Sum(j => Math.Abs(w[i, j]));
        double ColumnSum(int j) => Enumerable.Range(0, rows).Sum(i => Math.Abs(w[i, j]));
        double[,] expected = Reference.Fill(rows, columns, (i, j) => w[i, j] == 0
            ? 0
            : (Math.Abs(w[i, j]) / RowSum(i) + Math.Abs(w[i, j]) / ColumnSum(j)) * factors[j]);

        using Matrix<float> weights = Backend.Float(w);
        using Matrix<float> scores = Backend.Float(Reference.Fill(rows, columns, (_, _) => double.NaN));
        Backend.RelativeImportance(weights, factors, scores);
        Reference.ShouldBeClose(Backend.ReadWide(scores), Reference.Flatten(expected), 1e-6);
        Backend.RelativeImportance(weights, factors, weights);
        Backend.Read(weights).ShouldBe(Backend.Read(scores));
        Should.Throw<ArgumentException>(() => Backend.RelativeImportance(weights, factors.AsSpan(1), scores));
    }

    [SkippableFact]
    public void The_relative_importance_does_not_depend_on_the_number_of_threads() =>
        ShouldNotDependOnThreads(device =>
        {
            using Matrix<float> scores = device.Float(Reference.Random(517, 1031, 1));
            device.RelativeImportance(scores, [.. Enumerable.Repeat(1.0, 1031)], scores);
            return [.. device.ReadWide(scores), device.SumMagnitudes(scores)];
        });

    [SkippableFact]
    public void Impossible_sweeps_are_refused()
    {
        using Matrix<float> weights = Backend.Allocate<float>(3, 8);
        using Matrix<float> mask = Backend.Allocate<float>(3, 8);
        using Matrix<double> u = Backend.Double(Reference.Gram(8, 1));
        Should.Throw<ArgumentException>(() => Backend.ObsSweep(weights, u, 25, 128, mask));
        Should.Throw<ArgumentException>(() => Backend.ObsSweep(weights, u, -1, 128, mask));
        Should.Throw<ArgumentException>(() => Backend.ObsSweep(weights, u, 5, 0, mask));
        Should.Throw<ArgumentException>(() => Backend.ObsSweep(weights, u, 5, 128, weights));
        Should.Throw<ArgumentException>(() => Backend.ObsSweep(weights, Backend.Allocate<double>(3, 3), 5, 128, mask));
        Should.Throw<ArgumentException>(() => Backend.ObsSweepGroups(weights, u, 1, 3, 128, mask));
        Should.Throw<ArgumentException>(() => Backend.ObsSweepGroups(weights, u, 5, 4, 128, mask));
    }

    [SkippableFact]
    public void Pruning_kernels_give_the_same_bits_for_any_number_of_threads() => ShouldNotDependOnThreads(device =>
    {
        using Matrix<float> mask = device.AllocateUninitialized<float>(99, 260);
        using Matrix<float> weights = device.Float(Reference.Random(99, 260, 1));
        using Matrix<double> u = device.AllocateUninitialized<double>(260, 260);
        device.TryInverseFactor(device.Double(Reference.Gram(260, 2)), u).ShouldBeTrue();
        device.ObsSweep(weights, u, 13000, 128, mask);
        using Matrix<float> grouped = device.Float(Reference.Random(99, 260, 1));
        device.ObsSweepGroups(grouped, u, 2, 4, 128, mask);
        using Matrix<float> gate = device.AllocateUninitialized<float>(Height, Width);
        device.UpdateSwiGluGate(device.Float(X), device.Float(Y), device.Float(X), 1, 2, gate);
        using Matrix<double> up = device.Allocate<double>(1, Width);
        device.AccumulateGatedSensitivity(Nonlinearity.Silu, device.Float(X), device.Float(Y), up, up);
        return [.. device.ReadWide(weights), .. device.ReadWide(grouped), .. device.ReadWide(mask), .. device.ReadWide(
            gate), .. device.Read(up)];
    });

    [SkippableFact]
    public void The_update_for_relu_is_the_minimum()
    {
        const float Alpha = 0.7f;
        const float Gamma = 0.4f;
        using Matrix<float> z = Backend.Float(X);
        Backend.UpdateReluPreactivation(z, Backend.Float(Y), Alpha, Gamma, z);
        double[] found = Backend.ReadWide(z);
        double Cost(int i, int j, double value) =>
            Gamma * Math.Pow(Y[i, j] - Math.Max(value, 0), 2) + Alpha * Math.Pow(value - X[i, j], 2);
        foreach (int i in Rows())
        {
            foreach (int j in Columns())
            {
                double right = Math.Max(0, (Gamma * Y[i, j] + Alpha * X[i, j]) / (Gamma + Alpha));
                double best = Math.Min(Cost(i, j, right), Cost(i, j, Math.Min(0, X[i, j])));
                Cost(i, j, found[i * Width + j]).ShouldBeLessThanOrEqualTo(best + 1e-6);
            }
        }
    }

    [SkippableFact]
    public void The_update_of_the_up_projection_is_the_minimum()
    {
        double[,] s = Reference.Fill(Height, Width, Scaled(Reference.Random(Height, Width, 4), 6));
        using Matrix<float> z = Backend.Float(X);
        Backend.UpdateSwiGluUp(z, Backend.Float(s), Backend.Float(Y), 5, 3, z);
        Reference.ShouldBeClose(Backend.ReadWide(z), Flat((i, j) =>
        {
            double silu = Reference.Silu(s[i, j]);
            return (5 * X[i, j] + 3 * silu * Y[i, j]) / (5 + 3 * silu * silu);
        }), 2e-6);
    }

    [SkippableTheory]
    [InlineData(5f, 5f)]
    [InlineData(0.1f, 10f)]
    public void The_update_of_the_gate_is_a_local_minimum_and_never_worse_than_its_start(float alpha, float gamma)
    {
        double[,] m = Reference.Fill(Height, Width, Scaled(X, 8));
        double[,] z = Reference.Fill(Height, Width, Scaled(Y, 3));
        double[,] p = Reference.Fill(Height, Width, Scaled(Reference.Random(Height, Width, 5), 5));
        using Matrix<float> s = Backend.Float(m);
        Backend.UpdateSwiGluGate(s, Backend.Float(z), Backend.Float(p), alpha, gamma, s);
        double[] found = Backend.ReadWide(s);
        int stationary = 0;
        foreach (int i in Rows())
        {
            foreach (int j in Columns())
            {
                double Cost(double value) =>
                    alpha * Math.Pow(value - m[i, j], 2)
                        + gamma * Math.Pow(p[i, j] - Reference.Silu(value) * z[i, j], 2);
                double value = found[i * Width + j];
                double cost = Cost(value);
                cost.ShouldBeLessThanOrEqualTo(Cost(m[i, j]) * (1 + 1e-5) + 1e-5);
                stationary += Cost(value - 0.03) >= cost && Cost(value + 0.03) >= cost ? 1 : 0;
            }
        }

        ((double)stationary / found.Length).ShouldBeGreaterThan(0.97);
    }

    [SkippableTheory]
    [InlineData(Nonlinearity.Relu)]
    [InlineData(Nonlinearity.Silu)]
    [InlineData(Nonlinearity.Gelu)]
    [InlineData(Nonlinearity.GeluTanh)]
    [InlineData(Nonlinearity.QuickGelu)]
    [InlineData(Nonlinearity.ClampedSwish)]
    public void Sensitivities_accumulate_squares_of_derivatives(Nonlinearity f)
    {
        double[,] gate = Reference.Fill(Height, Width, Scaled(X, 9));
        double[,] up = Reference.Fill(Height, Width, Scaled(Y, 9));
        double Slope(Func<double, double> function, double at) => (function(at + 1e-5) - function(at - 1e-5)) / 2e-5;
        double[] Sums(int start, Func<int, int, double> slope) =>
            [.. Columns().Select(j => start + Rows().Sum(i => Math.Pow(slope(i, j), 2)))];

        using Matrix<double> upSums = Backend.Double(Reference.Fill(1, Width, (_, _) => 1));
        using Matrix<double> gateSums = Backend.Double(Reference.Fill(1, Width, (_, _) => 2));
        Backend.AccumulateGatedSensitivity(f, Backend.Float(gate), Backend.Float(up), upSums, gateSums);
        Reference.ShouldBeClose(
            Backend.Read(upSums), Sums(1, (i, j) => Slope(x => Reference.Activate(f, gate[i, j], x), up[i, j])), 1e-6);
        Reference.ShouldBeClose(
            Backend
                .Read(gateSums), Sums(2, (i, j) => Slope(x => Reference.Activate(f, x, up[i, j]), gate[i, j])), 1e-6);
        if (f != Nonlinearity.ClampedSwish)
        {
            using Matrix<double> sums = Backend.Double(Reference.Fill(1, Width, (_, _) => 3));
            Backend.AccumulateSensitivity(f, Backend.Float(gate), sums);
            Reference.ShouldBeClose(
                Backend.Read(sums), Sums(3, (i, j) => Slope(x => Reference.Activate(f, x), gate[i, j])), 1e-6);
        }
    }

    [SkippableFact]
    public void The_sensitivity_of_a_relu_is_the_number_of_positive_values()
    {
        using Matrix<double> sums = Backend.Double(Reference.Fill(1, Width, (_, _) => 3));
        Backend.AccumulateSensitivity(Nonlinearity.Relu, Backend.Float(X), sums);
        Backend.Read(sums).ShouldBe([.. Columns().Select(j => 3.0 + Rows().Count(i => X[i, j] > 0))]);
    }

    private float[] ShouldSweep(double[,] w, int zeros, int blockSize)
    {
        int rows = w.GetLength(0);
        int columns = w.GetLength(1);
        double[,] u = Reference.UpperCholesky(Reference.Inverse(Reference.Gram(columns, 2)));
        using Matrix<float> weights = Backend.Float(w);
        using Matrix<float> mask = Backend.Float(Reference.Fill(rows, columns, (_, _) => double.NaN));
        Backend.ObsSweep(weights, Backend.Double(u), zeros, blockSize, mask);
        double[] kept = Backend.ReadWide(mask);
        kept.Count(value => value == 0).ShouldBe(zeros);
        double[,] reference = (double[,])w.Clone();
        double[,] expected = ObsReference.Unstructured(reference, u, zeros, blockSize);
        float[] pruned = Backend.Read(weights);
        ShouldMatch(pruned, kept, reference, expected);
        return pruned;
    }

    /// <summary>
    /// Masks may differ in near-ties, of which random problems of this size have none or a few; then weights of these
    /// rows differ too.
    /// </summary>
    private static void ShouldMatch(float[] weights, double[] mask, double[,] expectedWeights, double[,] expectedMask)
    {
        int rows = expectedMask.GetLength(0);
        int columns = expectedMask.GetLength(1);
        int differentRows = 0;
        for (int i = 0; i < rows; i++)
        {
            double[] row = mask[(i * columns)..((i + 1) * columns)];
            double[] expected = [.. Enumerable.Range(0, columns).Select(j => expectedMask[i, j])];
            for (int j = 0; j < columns; j++)
            {
                row[j].ShouldBeOneOf(0, 1);
                if (row[j] == 0)
                {
                    BitConverter.SingleToInt32Bits(weights[i * columns + j]).ShouldBe(0, "a pruned weight is not +0");
                }
            }

            if (!row.SequenceEqual(expected))
            {
                differentRows++;
                continue;
            }

            Reference.ShouldBeClose(
                [.. weights[(i * columns)..((i + 1) * columns)].Select(value => (double)value)],
                [.. Enumerable.Range(0, columns).Select(j => expectedWeights[i, j])], 2e-4);
        }

        differentRows.ShouldBeLessThanOrEqualTo(2);
    }

    [SkippableTheory]
    [InlineData(NumberFormat.Single)]
    [InlineData(NumberFormat.Half)]
    [InlineData(NumberFormat.BFloat16)]
    public void Weights_are_rounded_to_what_a_format_holds_and_no_kept_one_becomes_zero(NumberFormat format)
    {
        float[] values = [.. SomeNumbers(format), 0f, -0f];
        byte[] bytes = new byte[values.Length * format.Size()];
        NumberFormats.FromSingle(values, format, bytes);
        float[] expected = new float[values.Length];
        NumberFormats.ToSingle(bytes, format, expected);
        using Matrix<float> weights = Backend.Allocate<float>(1, values.Length);
        Backend.Upload<float>(values, weights);
        Backend.RoundTo(weights, format);
        float[] rounded = new float[values.Length];
        Backend.Download(weights, rounded);
        for (int i = 0; i < values.Length; i++)
        {
            rounded[i].ShouldBe(values[i] != 0 && expected[i] == 0 ? format.LeastMagnitude() : expected[i]);
        }

        rounded[^2..].ShouldAllBe(zero => BitConverter.SingleToUInt32Bits(zero) == 0);
        rounded.Count(value => value != 0).ShouldBe(values.Length - 2);
    }
}
