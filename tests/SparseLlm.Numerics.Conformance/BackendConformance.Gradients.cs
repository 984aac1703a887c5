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
            return Enumerable.Range(0, Columns).Sum(j => dy[i, j] * gain[0, j] * (x[i, j] - mean) / Math.Sqrt(variance + 1e-5f));
        });

        using Matrix<float> dx = Backend.AllocateUninitialized<float>(Rows, Columns);
        using Matrix<double> gainGradient = Backend.Double(Reference.Fill(1, Columns, (_, j) => j));
        Backend.LayerNormGradient(Backend.Float(x), affine ? Backend.Float(gain) : null, 1e-5f, Backend.Float(dy), dx, gainGradient);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dx), x, Loss, 2e-6);
        NumericalGradient.ShouldMatch([.. Backend.Read(gainGradient).Select((sum, j) => sum - j)], gain, Loss, 1e-5);
    }

    [SkippableFact]
    public void The_gradient_of_rms_norm_is_its_derivative()
    {
        const int Rows = 5, Columns = 37;
        double[,] x = Reference.Fill(Rows, Columns, Scaled(Reference.Random(Rows, Columns, 1), 3));
        double[,] gain = Reference.Random(1, Columns, 2);
        double[,] dy = Reference.Random(Rows, Columns, 3);
        double Loss() => Enumerable.Range(0, Rows).Sum(i =>
        {
            double scale = 1 / Math.Sqrt(Enumerable.Range(0, Columns).Average(j => x[i, j] * x[i, j]) + 1e-6f);
            return Enumerable.Range(0, Columns).Sum(j => dy[i, j] * gain[0, j] * x[i, j] * scale);
        });

        using Matrix<float> dx = Backend.AllocateUninitialized<float>(Rows, Columns);
        using Matrix<double> gainGradient = Backend.Allocate<double>(1, Columns);
        Backend.RmsNormGradient(Backend.Float(x), Backend.Float(gain), 1e-6f, Backend.Float(dy), dx, gainGradient);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dx), x, Loss, 2e-6);
        NumericalGradient.ShouldMatch(Backend.Read(gainGradient), gain, Loss, 1e-5);
    }

    [SkippableTheory]
    [InlineData(1, 1, 4, 1, int.MaxValue, 2)]
    [InlineData(4, 2, 6, 11, int.MaxValue, 2)]
    [InlineData(4, 1, 3, 13, 5, 2)]
    [InlineData(1, 1, 2, 70, int.MaxValue, 1)]
    [InlineData(2, 1, 2, 70, 3, 1)]
    public void The_gradient_of_attention_is_its_derivative(
        int heads, int keyValueHeads, int width, int sequenceLength, int window, int sequences)
    {
        int tokens = sequences * sequenceLength;
        double[,] q = Reference.Fill(tokens, heads * width, Scaled(Reference.Random(tokens, heads * width, 1), 2));
        double[,] k = Reference.Random(tokens, keyValueHeads * width, 2);
        double[,] v = Reference.Random(tokens, keyValueHeads * width, 3);
        double[,] dc = Reference.Random(tokens, heads * width, 4);
        var context = new double[tokens, heads * width];
        double Loss()
        {
            for (int token = 0; token < tokens; token++)
            {
                for (int head = 0; head < heads; head++)
                {
                    Attend(q, k, v, token, head, head / (heads / keyValueHeads), width, sequenceLength, window, context);
                }
            }

            return context.Cast<double>().Zip(dc.Cast<double>(), (value, slope) => value * slope).Sum();
        }

        using Matrix<float> dq = Backend.Float(Reference.Fill(tokens, heads * width, (_, _) => double.NaN));
        using Matrix<float> dk = Backend.Float(Reference.Fill(tokens, keyValueHeads * width, (_, _) => double.NaN));
        using Matrix<float> dv = Backend.Float(Reference.Fill(tokens, keyValueHeads * width, (_, _) => double.NaN));
        Backend.CausalAttentionGradient(
            Backend.Float(q), Backend.Float(k), Backend.Float(v), Backend.Float(dc), heads, keyValueHeads, sequenceLength, window, dq, dk, dv);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dq), q, Loss, 3e-6);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dk), k, Loss, 3e-6);
        NumericalGradient.ShouldMatch(Backend.ReadWide(dv), v, Loss, 3e-6);
    }

    [SkippableFact]
    public void The_gradient_of_a_rotation_is_the_rotation_back()
    {
        double[,] x = Reference.Random(6, 16, 1);
        double[,] cosines = Reference.Fill(3, 4, (t, c) => Math.Cos(t / (1.0 + c)));
        double[,] sines = Reference.Fill(3, 4, (t, c) => Math.Sin(t / (1.0 + c)));
        using Matrix<float> rotated = Backend.Float(x);
        Backend.ApplyRotary(rotated, 2, Backend.Float(cosines), Backend.Float(sines));
        Backend.ApplyRotary(rotated, 2, Backend.Float(cosines), Backend.Float(Reference.Fill(3, 4, (t, c) => -sines[t, c])));
        Reference.ShouldBeClose(Backend.ReadWide(rotated), Reference.Flatten(x), 1e-6);
    }

    [SkippableFact]
    public void Gradients_of_activations_are_their_derivatives()
    {
        const int Rows = 7, Columns = 19;
        double[,] gate = Reference.Fill(Rows, Columns, Scaled(Reference.Random(Rows, Columns, 1), 6));
        double[,] up = Reference.Random(Rows, Columns, 2);
        double[,] dy = Reference.Random(Rows, Columns, 3);
        double SwiGlu() => Enumerable.Range(0, Rows * Columns).Sum(i =>
            dy[i / Columns, i % Columns] * Reference.Silu(gate[i / Columns, i % Columns]) * up[i / Columns, i % Columns]);

        using Matrix<float> gateGradient = Backend.AllocateUninitialized<float>(Rows, Columns);
        using Matrix<float> upGradient = Backend.Float(dy);
        Backend.SwiGluGradient(Backend.Float(gate), Backend.Float(up), upGradient, gateGradient, upGradient);
        NumericalGradient.ShouldMatch(Backend.ReadWide(gateGradient), gate, SwiGlu, 2e-6);
        NumericalGradient.ShouldMatch(Backend.ReadWide(upGradient), up, SwiGlu, 2e-6);

        using Matrix<float> x = Backend.Float(gate);
        Backend.ReluGradient(x, Backend.Float(dy), x);
        Backend.ReadWide(x).ShouldBe(Reference.Flatten(Reference.Fill(Rows, Columns, (i, j) => gate[i, j] > 0 ? dy[i, j] : 0)));
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
            Backend.Adam(tuned, Backend.Float(g), Backend.Float(mask), mean, square, new AdamStep(step, 0.01, 0.9, 0.95, 1e-8));
            for (int i = 0; i < Height; i++)
            {
                for (int j = 0; j < Width; j++)
                {
                    m[i, j] = 0.9 * m[i, j] + 0.1 * g[i, j];
                    v[i, j] = 0.95 * v[i, j] + 0.05 * g[i, j] * g[i, j];
                    double slope = m[i, j] / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(v[i, j] / (1 - Math.Pow(0.95, step))) + 1e-8);
                    w[i, j] -= mask[i, j] * 0.01 * slope;
                }
            }
        }

        Reference.ShouldBeClose(Backend.ReadWide(tuned), Reference.Flatten(w), 2e-6);
        Backend.Read(tuned).Zip(mask.Cast<double>()).Where(pair => pair.Second == 0).ShouldAllBe(pair => pair.First == 0);
    }

    [SkippableFact]
    public void Gradients_of_wrong_shapes_or_in_place_of_what_is_still_needed_are_refused()
    {
        using Matrix<float> x = Backend.Allocate<float>(6, 8);
        using Matrix<float> y = Backend.Allocate<float>(6, 8);
        using Matrix<float> z = Backend.Allocate<float>(6, 8);
        Should.Throw<ArgumentException>(() => Backend.LayerNormGradient(x, null, 1e-5f, y, x, null));
        Should.Throw<ArgumentException>(() => Backend.LayerNormGradient(x, null, 1e-5f, y, y, null));
        Should.Throw<ArgumentException>(() => Backend.SwiGluGradient(x, y, z, x, z));
        Should.Throw<ArgumentException>(() => Backend.CausalAttentionGradient(x, x, x, y, 4, 4, 6, 6, z, z, z));
        Should.Throw<ArgumentException>(() => Backend.CausalAttentionGradient(x, x, x, y, 3, 3, 6, 6, z, z, z));
        Should.Throw<ArgumentException>(() => Backend.DivergenceGradient(x, y, 1, new double[5], y));
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
            device.Float(Reference.Random(260, 24, 3)), device.Float(Reference.Random(260, 48, 4)), 4, 2, 130, 100, dq, dk, dv);
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
            .. device.ReadWide(dq), .. device.ReadWide(dk), .. device.ReadWide(dv), .. device.ReadWide(dx), .. device.Read(gain),
            .. device.ReadWide(weights), .. device.ReadWide(mean), .. divergences,
        ];
    });
}
