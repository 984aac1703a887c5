namespace SparseLlm.Numerics.Conformance;

public abstract partial class BackendConformance
{
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_gradient_of_layer_norm_is_its_derivative(bool affine)
    {
        const int Rows = 5, Columns = 37;
        double[,] x = Reference.Fill(Rows, Columns, (i, j) => 2 + 3 * Reference.Random(Rows, Columns, 1)[i, j]);
        double[,] gain = affine ? Reference.Random(1, Columns, 2) : Reference.Fill(1, Columns, (_, _) => 1);
        double[,] dy = Reference.Random(Rows, Columns, 3);
        double Loss() => Enumerable.Range(0, Rows).Sum(i =>
        {
            double mean = Enumerable.Range(0, Columns).Average(j => x[i, j]);
            double variance = Enumerable.Range(0, Columns).Average(j => (x[i, j] - mean) * (x[i, j] - mean));
            return Enumerable.Range(0, Columns)
                .Sum(j => dy[i, j] * gain[0, j] * (x[i, j] - mean) / Math.Sqrt(variance + 1e-5f));
        });

        using Matrix<float> dx = Backend.AllocateUninitialized<float>(Rows, Columns);
        using Matrix<double> gainGradient = Backend.Double(Reference.Fill(1, Columns, (_, j) => j));
        Backend.LayerNormGradient(
            Backend.Float(x),
            affine ? Backend.Float(gain) : null,
            1e-5f,
            Backend.Float(dy),
            dx,
            gainGradient);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dx), x, Loss, 2e-6);
        NumericalGradient.ShouldMatch([.. Backend.Read(gainGradient).Select((sum, j) => sum - j)], gain, Loss, 1e-5);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_gradient_of_rms_norm_is_its_derivative(bool affine)
    {
        const int Rows = 5, Columns = 37;
        double[,] x = Reference.Fill(Rows, Columns, Scaled(Reference.Random(Rows, Columns, 1), 3));
        double[,] gain = affine ? Reference.Random(1, Columns, 2) : Reference.Fill(1, Columns, (_, _) => 1);
        double[,] dy = Reference.Random(Rows, Columns, 3);
        double Loss() => Enumerable.Range(0, Rows).Sum(i =>
        {
            double scale = 1 / Math.Sqrt(Enumerable.Range(0, Columns).Average(j => x[i, j] * x[i, j]) + 1e-6f);
            return Enumerable.Range(0, Columns).Sum(j => dy[i, j] * gain[0, j] * x[i, j] * scale);
        });

        using Matrix<float> dx = Backend.AllocateUninitialized<float>(Rows, Columns);
        using Matrix<double> gainGradient = Backend.Allocate<double>(1, Columns);
        Backend.RmsNormGradient(
            Backend.Float(x),
            affine ? Backend.Float(gain) : null,
            1e-6f,
            Backend.Float(dy),
            dx,
            gainGradient);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dx), x, Loss, 2e-6);
        NumericalGradient.ShouldMatch(Backend.Read(gainGradient), gain, Loss, 1e-5);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_gradient_of_a_norm_of_heads_is_its_derivative(bool centred)
    {
        const int Heads = 3, Rows = 4 * Heads, Columns = 11;
        double[,] x = Reference.Fill(Rows, Columns, Scaled(Reference.Random(Rows, Columns, 1), 3));
        double[,] gain = Reference.Random(Heads, Columns, 2);
        double[,] dy = Reference.Random(Rows, Columns, 3);
        double Loss() => Enumerable.Range(0, Rows).Sum(i =>
        {
            double mean = centred ? Enumerable.Range(0, Columns).Average(j => x[i, j]) : 0;
            double scale = 1
                / Math.Sqrt(Enumerable.Range(0, Columns).Average(j => Math.Pow(x[i, j] - mean, 2)) + 1e-6f);
            return Enumerable.Range(0, Columns).Sum(j => dy[i, j] * gain[i % Heads, j] * (x[i, j] - mean) * scale);
        });

        using Matrix<float> dx = Backend.AllocateUninitialized<float>(Rows, Columns);
        using Matrix<double> gainGradient = Backend.Double(Reference.Fill(Heads, Columns, (i, j) => 10 * i + j));
        if (centred)
        {
            Backend.LayerNormGradient(
                Backend.Float(x),
                Backend.Float(gain),
                1e-6f,
                Backend.Float(dy),
                dx,
                gainGradient);
        }
        else
        {
            Backend.RmsNormGradient(Backend.Float(x), Backend.Float(gain), 1e-6f, Backend.Float(dy), dx, gainGradient);
        }

        NumericalGradient.ShouldMatch(Backend.ReadWide(dx), x, Loss, 2e-6);
        double[] sums = [.. Backend.Read(gainGradient).Select((sum, i) => sum - (10 * (i / Columns) + i % Columns))];
        NumericalGradient.ShouldMatch(sums, gain, Loss, 1e-5);
    }

    [SkippableTheory]
    [InlineData(1, 1, 4, 1, int.MaxValue, 2)]
    [InlineData(4, 2, 6, 11, int.MaxValue, 2)]
    [InlineData(4, 1, 3, 13, 5, 2)]
    [InlineData(1, 1, 2, 70, int.MaxValue, 1)]
    [InlineData(2, 1, 2, 70, 3, 1)]
    public void The_gradient_of_attention_is_its_derivative(
        int heads, int keyValueHeads, int width, int sequenceLength, int window, int sequences) =>
        ShouldDifferentiate(
            Shape(heads, keyValueHeads, width, sequenceLength, window),
            width,
            sequences,
            withSinks: false);

    [SkippableTheory]
    [InlineData(2, 1, 6, 11, int.MaxValue, null, true)]
    [InlineData(4, 2, 6, 11, int.MaxValue, 1.5f, false)]
    [InlineData(2, 1, 2, 70, 5, 1.5f, true)]
    public void The_gradient_of_attention_with_sinks_caps_and_another_scale_is_its_derivative(
        int heads, int keyValueHeads, int width, int sequenceLength, int window, float? cap, bool withSinks) =>
        ShouldDifferentiate(
            new AttentionShape(heads, keyValueHeads, sequenceLength, window, 0.7f, cap),
            width,
            1,
            withSinks);

    [SkippableTheory]
    [InlineData(RotaryPairing.HalfSplit)]
    [InlineData(RotaryPairing.Interleaved)]
    public void The_gradient_of_a_rotation_is_the_rotation_back(RotaryPairing pairing)
    {
        double[,] x = Reference.Random(6, 16, 1);
        double[,] cosines = Reference.Fill(3, 4, (t, c) => Math.Cos(t / (1.0 + c)));
        double[,] sines = Reference.Fill(3, 4, (t, c) => Math.Sin(t / (1.0 + c)));
        using Matrix<float> rotated = Backend.Float(x);
        Backend.ApplyRotary(rotated, 2, pairing, Backend.Float(cosines), Backend.Float(sines));
        Backend.ApplyRotary(
            rotated,
            2,
            pairing,
            Backend.Float(cosines),
            Backend.Float(Reference.Fill(3, 4, (t, c) => -sines[t, c])));
        Reference.ShouldBeClose(Backend.ReadWide(rotated), Reference.Flatten(x), 1e-6);
    }

    [SkippableTheory]
    [InlineData(Nonlinearity.Relu)]
    [InlineData(Nonlinearity.Silu)]
    [InlineData(Nonlinearity.Gelu)]
    [InlineData(Nonlinearity.GeluTanh)]
    [InlineData(Nonlinearity.QuickGelu)]
    public void The_gradient_of_an_activation_is_its_derivative(Nonlinearity f)
    {
        const int Rows = 7, Columns = 19;
        double[,] values = Reference.Fill(Rows, Columns, Scaled(Reference.Random(Rows, Columns, 1), 6));
        double[,] dy = Reference.Random(Rows, Columns, 2);
        double Loss()
            => values.Cast<double>().Zip(dy.Cast<double>(), (x, slope) => slope * Reference.Activate(f, x)).Sum();

        using Matrix<float> dx = Backend.Float(values);
        Backend.ActivationGradient(f, dx, Backend.Float(dy), dx);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dx), values, Loss, 2e-6);
        using Matrix<float> inPlace = Backend.Float(dy);
        Backend.ActivationGradient(f, Backend.Float(values), inPlace, inPlace);
        Backend.Read(inPlace).ShouldBe(Backend.Read(dx));
    }

    [SkippableTheory]
    [InlineData(Nonlinearity.Relu)]
    [InlineData(Nonlinearity.Silu)]
    [InlineData(Nonlinearity.Gelu)]
    [InlineData(Nonlinearity.GeluTanh)]
    [InlineData(Nonlinearity.QuickGelu)]
    [InlineData(Nonlinearity.ClampedSwish)]
    public void The_gradient_of_a_gated_activation_is_its_derivative(Nonlinearity f)
    {
        const int Rows = 7, Columns = 19;
        double[,] gate = Reference.Fill(Rows, Columns, Scaled(Reference.Random(Rows, Columns, 1), 9));
        double[,] up = Reference.Fill(Rows, Columns, Scaled(Reference.Random(Rows, Columns, 2), 9));
        double[,] dy = Reference.Random(Rows, Columns, 3);
        double Loss() => Enumerable.Range(0, Rows * Columns).Sum(i =>
            dy[i / Columns, i % Columns]
                * Reference.Activate(f, gate[i / Columns, i % Columns], up[i / Columns, i % Columns]));

        using Matrix<float> gateGradient = Backend.AllocateUninitialized<float>(Rows, Columns);
        using Matrix<float> upGradient = Backend.Float(dy);
        Backend.GatedActivationGradient(
            f,
            Backend.Float(gate),
            Backend.Float(up),
            upGradient,
            gateGradient,
            upGradient);
        NumericalGradient.ShouldMatch(Backend.ReadWide(gateGradient), gate, Loss, 1e-5);
        NumericalGradient.ShouldMatch(Backend.ReadWide(upGradient), up, Loss, 5e-6);
    }

    [SkippableFact]
    public void The_gradient_of_a_relu_needs_no_more_than_its_output()
    {
        double[,] output = Reference.Fill(Height, Width, (i, j) => Math.Max(X[i, j], 0));
        using Matrix<float> dx = Backend.Float(Y);
        Backend.ActivationGradient(Nonlinearity.Relu, Backend.Float(output), dx, dx);
        Backend.ReadWide(dx).ShouldBe(Flat((i, j) => X[i, j] > 0 ? Y[i, j] : 0));
    }

    [SkippableFact]
    public void The_gradient_of_a_soft_cap_is_its_derivative()
    {
        const int Rows = 7, Columns = 19;
        const float Cap = 3;
        double[,] values = Reference.Fill(Rows, Columns, Scaled(Reference.Random(Rows, Columns, 1), 9));
        double[,] dy = Reference.Random(Rows, Columns, 2);
        double Loss()
            => values.Cast<double>().Zip(dy.Cast<double>(), (x, slope) => slope * Cap * Math.Tanh(x / Cap)).Sum();

        using Matrix<float> dx = Backend.Float(values);
        Backend.SoftCap(dx, Cap, dx);
        Backend.SoftCapGradient(dx, Cap, Backend.Float(dy), dx);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dx), values, Loss, 2e-6);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(53)]
    [InlineData(1030)]
    public void The_divergence_of_two_softmaxes_and_its_gradient_match_their_definitions(int vocabulary)
    {
        const int Rows = 3;
        const float Scale = 0.5f;
        double[,] teacher = Reference.Fill(Rows, vocabulary, Scaled(Reference.Random(Rows, vocabulary, 1), 8));
        double[,] student = Reference.Fill(Rows, vocabulary, Scaled(Reference.Random(Rows, vocabulary, 2), 8));
        double[] Softmax(double[,] logits, int i)
        {
            double[] exponentials = [.. Enumerable.Range(0, vocabulary).Select(j => Math.Exp(logits[i, j]))];
            return [.. exponentials.Select(value => value / exponentials.Sum())];
        }

        double Divergence(int i) => Softmax(teacher, i).Zip(Softmax(student, i), (p, q) => p * Math.Log(p / q)).Sum();
        var divergences = new double[Rows];
        using Matrix<float> gradient = Backend.Float(student);
        Backend.DivergenceGradient(Backend.Float(teacher), gradient, Scale, divergences, gradient);
        Reference.ShouldBeClose(divergences, [.. Enumerable.Range(0, Rows).Select(Divergence)], 2e-6);
        double[][] p = [.. Enumerable.Range(0, Rows).Select(i => Softmax(teacher, i))];
        double[][] q = [.. Enumerable.Range(0, Rows).Select(i => Softmax(student, i))];
        Reference.ShouldBeClose(
            Backend.ReadWide(gradient),
            Reference.Flatten(Reference.Fill(Rows, vocabulary, (i, j) => Scale * (q[i][j] - p[i][j]))), 1e-6);
    }

    [SkippableFact]
    public void Adam_follows_its_definition_and_leaves_masked_weights_alone()
    {
        double[,] weights = Reference.Random(Height, Width, 1);
        double[,] mask = Reference.Fill(Height, Width, (i, j) => (i + j) % 3 == 0 ? 0 : 1);
        double[,] w = Reference.Fill(Height, Width, (i, j) => weights[i, j] * mask[i, j]);
        var m = new double[Height, Width];
        var v = new double[Height, Width];
        using Matrix<float> tuned = Backend.Float(w);
        using Matrix<float> mean = Backend.Allocate<float>(Height, Width);
        using Matrix<float> square = Backend.Allocate<float>(Height, Width);
        for (int step = 1; step <= 3; step++)
        {
            double[,] g = Reference.Random(Height, Width, 10 + step);
            Backend.Adam(
                tuned,
                Backend.Float(g),
                Backend.Float(mask),
                mean,
                square,
                new AdamStep(step, 0.01, 0.9, 0.95, 1e-8));
            for (int i = 0; i < Height; i++)
            {
                for (int j = 0; j < Width; j++)
                {
                    m[i, j] = 0.9 * m[i, j] + 0.1 * g[i, j];
                    v[i, j] = 0.95 * v[i, j] + 0.05 * g[i, j] * g[i, j];
                    double slope = m[i, j] / (1 - Math.Pow(0.9, step))
                        / (Math.Sqrt(v[i, j] / (1 - Math.Pow(0.95, step))) + 1e-8);
                    w[i, j] -= mask[i, j] * 0.01 * slope;
                }
            }
        }

        Reference.ShouldBeClose(Backend.ReadWide(tuned), Reference.Flatten(w), 2e-6);
        Backend.Read(tuned).Zip(mask.Cast<double>()).Where(pair => pair.Second == 0)
            .ShouldAllBe(pair => pair.First == 0);
    }

    [SkippableFact]
    public void Gradients_of_wrong_shapes_or_in_place_of_what_is_still_needed_are_refused()
    {
        using Matrix<float> x = Backend.Allocate<float>(6, 8);
        using Matrix<float> y = Backend.Allocate<float>(6, 8);
        using Matrix<float> z = Backend.Allocate<float>(6, 8);
        Should.Throw<ArgumentException>(() => Backend.LayerNormGradient(x, null, 1e-5f, y, x, null));
        Should.Throw<ArgumentException>(() => Backend.LayerNormGradient(x, null, 1e-5f, y, y, null));
        Should.Throw<ArgumentException>(() => Backend.GatedActivationGradient(Nonlinearity.Silu, x, y, z, x, z));
        Should.Throw<ArgumentException>(
            () => Backend.CausalAttentionGradient(x, x, x, null, y, Shape(4, 4, 2, 6), z, z, z));
        Should.Throw<ArgumentException>(
            () => Backend.CausalAttentionGradient(x, x, x, null, y, Shape(3, 3, 2, 6), z, z, z));
        Should.Throw<ArgumentException>(() => Backend.DivergenceGradient(x, y, 1, new double[5], y));
        Should.Throw<ArgumentException>(
            () => Backend.RmsNormGradient(x, null, 0, y, z, Backend.Allocate<double>(4, 8)));
        Should.Throw<ArgumentException>(() => Backend.Adam(x, y, null, z, z, new AdamStep(0, 1)));
    }

    [SkippableFact]
    public void Gradients_have_the_same_bits_for_any_number_of_threads() => ShouldNotDependOnThreads(device =>
    {
        using Matrix<float> dq = device.AllocateUninitialized<float>(260, 48);
        using Matrix<float> dk = device.AllocateUninitialized<float>(260, 24);
        using Matrix<float> dv = device.AllocateUninitialized<float>(260, 24);
        device.CausalAttentionGradient(
            device.Float(Reference.Random(260, 48, 1)), device.Float(Reference.Random(260, 24, 2)),
            device.Float(Reference.Random(260, 24, 3)), device.Float(Reference.Random(1, 4, 5)), device.Float(
                Reference.Random(260, 48, 4)),
            Shape(4, 2, 12, 130, 100) with { Cap = 2 }, dq, dk, dv);
        using Matrix<float> dx = device.AllocateUninitialized<float>(Height, Width);
        using Matrix<double> gain = device.Allocate<double>(1, Width);
        device.LayerNormGradient(device.Float(X), null, 1e-5f, device.Float(Y), dx, gain);
        using Matrix<float> weights = device.Float(X);
        using Matrix<float> mean = device.Allocate<float>(Height, Width);
        using Matrix<float> square = device.Allocate<float>(Height, Width);
        device.Adam(weights, device.Float(Y), null, mean, square, new AdamStep(1, 0.01));
        var divergences = new double[Height];
        device.DivergenceGradient(device.Float(X), device.Float(Y), 1, divergences, mean);
        return
        [
            .. device.ReadWide(dq), .. device.ReadWide(dk), .. device.ReadWide(dv), .. device.ReadWide(dx), .. device
                .Read(gain),
            .. device.ReadWide(weights), .. device.ReadWide(mean), .. divergences,
        ];
    });

    private void ShouldDifferentiate(AttentionShape shape, int width, int sequences, bool withSinks)
    {
        int tokens = sequences * shape.SequenceLength;
        (int columns, int shared) = (shape.Heads * width, shape.KeyValueHeads * width);
        double[,] q = Reference.Fill(tokens, columns, Scaled(Reference.Random(tokens, columns, 1), 2));
        double[,] k = Reference.Random(tokens, shared, 2);
        double[,] v = Reference.Random(tokens, shared, 3);
        double[,] dc = Reference.Random(tokens, columns, 4);
        double[,]? sinks = withSinks ? Reference.Fill(1, shape.Heads, (_, head) => 1 - head) : null;
        double Loss() =>
            Attend(q, k, v, shape, sinks).Cast<double>().Zip(dc.Cast<double>(), (value, slope) => value * slope).Sum();

        using Matrix<float> dq = Backend.Float(Reference.Fill(tokens, columns, (_, _) => double.NaN));
        using Matrix<float> dk = Backend.Float(Reference.Fill(tokens, shared, (_, _) => double.NaN));
        using Matrix<float> dv = Backend.Float(Reference.Fill(tokens, shared, (_, _) => double.NaN));
        Backend.CausalAttentionGradient(
            Backend.Float(q), Backend.Float(k), Backend.Float(v), sinks is null
                ? null
                : Backend.Float(sinks), Backend.Float(dc), shape,
            dq, dk, dv);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dq), q, Loss, 3e-6);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dk), k, Loss, 3e-6);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dv), v, Loss, 3e-6);
    }
}
