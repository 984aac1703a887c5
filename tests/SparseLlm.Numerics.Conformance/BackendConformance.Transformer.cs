namespace SparseLlm.Numerics.Conformance;

public abstract partial class BackendConformance
{
    [SkippableFact]
    public void Tokens_are_embedded()
    {
        double[,] table = Reference.Random(9, 21, 1);
        int[] ids = [8, 0, 3, 3];
        using Matrix<float> rows = Backend.AllocateUninitialized<float>(4, 21);
        Backend.Embed(Backend.Float(table), ids, rows);
        Backend.ReadWide(rows).ShouldBe(Reference.Flatten(Reference.Fill(4, 21, (i, j) => table[ids[i], j])));
        Should.Throw<ArgumentException>(() => Backend.Embed(Backend.Float(table), [1, 9, 0, 0], rows));
        Should.Throw<ArgumentException>(() => Backend.Embed(Backend.Float(table), [1, -1, 0, 0], rows));
    }

    // As large as the variances, so that a norm without it is seen.
    private const float Epsilon = 0.25f;

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Layer_norm_matches_its_definition(bool affine)
    {
        double[,] x = Reference.Fill(Height, Width, (i, j) => 3 + X[i, j] * (1 + i));
        double[,] gain = Reference.Random(1, Width, 2);
        double[,] bias = Reference.Random(1, Width, 3);
        using Matrix<float> destination = Backend.Float(x);
        Backend.LayerNorm(
            destination,
            affine ? Backend.Float(gain) : null,
            affine ? Backend.Float(bias) : null,
            Epsilon,
            destination);
        double[] mean = [.. Rows().Select(i => Columns().Average(j => x[i, j]))];
        double[] variance = [.. Rows().Select(i => Columns().Average(j => (x[i, j] - mean[i]) * (x[i, j] - mean[i])))];
        Reference.ShouldBeClose(Backend.ReadWide(destination), Flat((i, j) =>
            (x[i, j] - mean[i]) / Math.Sqrt(variance[i] + Epsilon) * (affine ? gain[0, j] : 1) + (affine
                ? bias[0, j]
                : 0)), 3e-6);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rms_norm_matches_its_definition(bool affine)
    {
        double[,] gain = Reference.Random(1, Width, 2);
        using Matrix<float> destination = Backend.AllocateUninitialized<float>(Height, Width);
        Backend.RmsNorm(Backend.Float(X), affine ? Backend.Float(gain) : null, Epsilon, destination);
        double[] scale = [.. Rows().Select(i => 1 / Math.Sqrt(Columns().Average(j => X[i, j] * X[i, j]) + Epsilon))];
        Reference.ShouldBeClose(
            Backend.ReadWide(destination),
            Flat((i, j) => X[i, j] * scale[i] * (affine ? gain[0, j] : 1)),
            2e-6);
    }

    [SkippableFact]
    public void Norms_of_heads_take_their_gains_in_turn()
    {
        const int Heads = 3, HeadWidth = 12, Tokens = 5;
        double[,] x = Reference.Random(Tokens, Heads * HeadWidth, 1);
        double[,] gain = Reference.Random(Heads, HeadWidth, 2);
        double[,] bias = Reference.Random(Heads, HeadWidth, 3);
        double[] Head(int i, int head) => [.. Enumerable.Range(0, HeadWidth).Select(c => x[i, head * HeadWidth + c])];
        double[] MeanSquares(Func<double[], double> mean) => [.. Enumerable.Range(0, Tokens * Heads).Select(row =>
            Head(row / Heads, row % Heads) is var values
                ? values.Average(value => Math.Pow(value - mean(values), 2))
                : 0)];

        using Matrix<float> destination = Backend.AllocateUninitialized<float>(Tokens, Heads * HeadWidth);
        Matrix<float> heads = Backend.Float(x).Reshape(Tokens * Heads, HeadWidth);
        Backend.RmsNorm(heads, Backend.Float(gain), Epsilon, destination.Reshape(Tokens * Heads, HeadWidth));
        double[] squares = MeanSquares(_ => 0);
        Reference.ShouldBeClose(Backend.ReadWide(destination), Reference.Flatten(Fill64(Tokens, Heads
            * HeadWidth, (i, j) =>
            x[i, j] / Math.Sqrt(squares[i * Heads + j / HeadWidth] + Epsilon)
                * gain[j / HeadWidth, j % HeadWidth])), 2e-6);

        Backend.LayerNorm(
            heads,
            Backend.Float(gain),
            Backend.Float(bias),
            Epsilon,
            destination.Reshape(Tokens * Heads, HeadWidth));
        double[] variances = MeanSquares(values => values.Average());
        Reference.ShouldBeClose(Backend.ReadWide(destination), Reference.Flatten(Fill64(Tokens, Heads
            * HeadWidth, (i, j) =>
            (x[i, j] - Head(i, j / HeadWidth).Average()) / Math.Sqrt(variances[i * Heads + j / HeadWidth] + Epsilon)
                * gain[j / HeadWidth, j % HeadWidth] + bias[j / HeadWidth, j % HeadWidth])), 3e-6);

        Should.Throw<ArgumentException>(
            () => Backend.RmsNorm(heads, Backend.Float(Reference.Random(2, HeadWidth, 1)), 0, heads));
        Should.Throw<ArgumentException>(
            () => Backend.RmsNorm(heads, Backend.Float(Reference.Random(1, HeadWidth - 1, 1)), 0, heads));
    }

    [SkippableTheory]
    [InlineData(3, 8, 4, RotaryPairing.HalfSplit)]
    [InlineData(2, 64, 32, RotaryPairing.HalfSplit)]
    [InlineData(1, 22, 11, RotaryPairing.HalfSplit)]
    [InlineData(2, 80, 16, RotaryPairing.HalfSplit)]
    [InlineData(3, 7, 2, RotaryPairing.HalfSplit)]
    [InlineData(3, 8, 4, RotaryPairing.Interleaved)]
    [InlineData(2, 64, 32, RotaryPairing.Interleaved)]
    [InlineData(2, 80, 16, RotaryPairing.Interleaved)]
    [InlineData(3, 7, 2, RotaryPairing.Interleaved)]
    public void Rotary_embedding_turns_pairs_of_channels(int heads, int width, int pairs, RotaryPairing pairing)
    {
        const int SequenceLength = 7;
        double[,] x = Reference.Random(21, heads * width, 1);
        double[,] angles = Reference.Fill(SequenceLength, pairs, (t, c) => t / Math.Pow(100, (double)c / pairs));
        double[,] cosines = Reference.Fill(SequenceLength, pairs, (t, c) => Math.Cos(angles[t, c]));
        double[,] sines = Reference.Fill(SequenceLength, pairs, (t, c) => Math.Sin(angles[t, c]));
        using Matrix<float> rotated = Backend.Float(x);
        Backend.ApplyRotary(rotated, heads, pairing, Backend.Float(cosines), Backend.Float(sines));
        double[,] expected = (double[,])x.Clone();
        for (int i = 0; i < 21; i++)
        {
            for (int pair = 0; pair < heads * pairs; pair++)
            {
                int c = pair % pairs;
                int head = pair / pairs * width;
                bool neighbours = pairing == RotaryPairing.Interleaved;
                (int first, int second) = neighbours ? (head + 2 * c, head + 2 * c + 1) : (head + c, head + c + pairs);
                (double cosine, double sine) = (cosines[i % SequenceLength, c], sines[i % SequenceLength, c]);
                expected[i, first] = x[i, first] * cosine - x[i, second] * sine;
                expected[i, second] = x[i, second] * cosine + x[i, first] * sine;
            }
        }

        Reference.ShouldBeClose(Backend.ReadWide(rotated), Reference.Flatten(expected), 1e-6);
    }

    [SkippableTheory]
    [InlineData(1, 1, 4, 1, int.MaxValue, 1)]
    [InlineData(2, 2, 16, 37, int.MaxValue, 3)]
    [InlineData(4, 2, 8, 130, int.MaxValue, 2)]
    [InlineData(4, 1, 5, 65, 17, 2)]
    [InlineData(2, 1, 64, 300, 100, 1)]
    [InlineData(1, 1, 24, 450, 1, 1)]
    [InlineData(1, 1, 32, 450, int.MaxValue, 1)]
    public void Attention_matches_its_definition(
        int heads,
        int keyValueHeads,
        int width,
        int sequenceLength,
        int window,
        int sequences) =>
        ShouldAttend(Shape(heads, keyValueHeads, width, sequenceLength, window), width, sequences, withSinks: false);

    [SkippableTheory]
    [InlineData(2, 1, 16, 37, int.MaxValue, null, true)]
    [InlineData(4, 2, 8, 130, int.MaxValue, 1.5f, false)]
    [InlineData(4, 2, 24, 130, 33, 1.5f, true)]
    public void Attention_with_sinks_caps_and_another_scale_matches_its_definition(
        int heads, int keyValueHeads, int width, int sequenceLength, int window, float? cap, bool withSinks) =>
        ShouldAttend(new AttentionShape(heads, keyValueHeads, sequenceLength, window, 0.7f, cap), width, 2, withSinks);

    [SkippableFact]
    public void A_sink_far_above_all_scores_leaves_nothing_of_the_context()
    {
        using Matrix<float> x = Backend.Float(Reference.Random(6, 8, 1));
        using Matrix<float> context = Backend.AllocateUninitialized<float>(6, 8);
        Backend.CausalAttention(
            x,
            x,
            x,
            Shape(2, 2, 4, 6),
            Backend.Float(Reference.Fill(1, 2, (_, _) => 1e4)),
            context);
        Backend.Read(context).ShouldAllBe(value => Math.Abs(value) < 1e-30);
    }

    [SkippableFact]
    public void Attention_of_wrong_shapes_is_refused()
    {
        using Matrix<float> x = Backend.Allocate<float>(6, 8);
        using Matrix<float> context = Backend.Allocate<float>(6, 8);
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, Shape(3, 3, 2, 6), null, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, Shape(4, 3, 2, 6), null, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, Shape(4, 2, 2, 6), null, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, Shape(4, 4, 2, 4), null, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, Shape(4, 4, 2, 6, 0), null, context));
        Should.Throw<ArgumentException>(
            () => Backend.CausalAttention(x, x, x, Shape(4, 4, 2, 6) with { Cap = 0 }, null, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, Shape(4, 4, 2, 6), x, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, Shape(4, 4, 2, 6), null, x));
        Should.Throw<ArgumentException>(() => Backend.ApplyRotary(x, 3, RotaryPairing.HalfSplit, context, context));
        Should.Throw<ArgumentException>(() => Backend.ApplyRotary(x, 2, RotaryPairing.HalfSplit, context, context));
    }

    [SkippableTheory]
    [InlineData(Nonlinearity.Relu)]
    [InlineData(Nonlinearity.Silu)]
    [InlineData(Nonlinearity.Gelu)]
    [InlineData(Nonlinearity.GeluTanh)]
    [InlineData(Nonlinearity.QuickGelu)]
    public void Activations_match_their_definitions(Nonlinearity f)
    {
        double[,] gate = Reference.Fill(Height, Width, Scaled(X, 20));
        using Matrix<float> x = Backend.Float(gate);
        Backend.Activate(f, x, x);
        Reference.ShouldBeClose(Backend.ReadWide(x), Flat((i, j) => Reference.Activate(f, gate[i, j])), 5e-7);
        using Matrix<float> y = Backend.Float(Y);
        Backend.ActivateGated(f, Backend.Float(gate), y, y);
        Reference.ShouldBeClose(Backend.ReadWide(y), Flat((i, j) => Reference.Activate(f, gate[i, j], Y[i, j])), 1e-6);
    }

    [SkippableFact]
    public void Clamped_swish_matches_its_definition_and_needs_a_gate()
    {
        double[,] gate = Reference.Fill(Height, Width, Scaled(X, 20));
        double[,] up = Reference.Fill(Height, Width, Scaled(Y, 20));
        using Matrix<float> y = Backend.Float(gate);
        Backend.ActivateGated(Nonlinearity.ClampedSwish, y, Backend.Float(up), y);
        Reference.ShouldBeClose(
            Backend.ReadWide(y), Flat(
                (i, j) => Reference.Activate(Nonlinearity.ClampedSwish, gate[i, j], up[i, j])), 1e-6);
        Should.Throw<ArgumentException>(() => Backend.Activate(Nonlinearity.ClampedSwish, y, y));
        Should.Throw<ArgumentException>(() => Backend.ActivationGradient(Nonlinearity.ClampedSwish, y, y, y));
        Should.Throw<ArgumentException>(
            () => Backend.AccumulateSensitivity(Nonlinearity.ClampedSwish, y, Backend.Allocate<double>(1, Width)));
    }

    [SkippableFact]
    public void Gelu_keeps_its_digits_where_it_is_small()
    {
        double[,] values = Reference.Fill(1, 997, (_, j) => -5.5 + 11 * j / 996.0);
        using Matrix<float> x = Backend.Float(values);
        Backend.Activate(Nonlinearity.Gelu, x, x);
        foreach ((double actual, double value) in Backend.ReadWide(x).Zip(values.Cast<double>()))
        {
            double expected = Reference.Activate(Nonlinearity.Gelu, value);
            actual.ShouldBe(expected, 3e-6 * Math.Abs(expected) + 1e-30, $"at {value}");
        }
    }

    [SkippableFact]
    public void Soft_caps_match_their_definition_also_for_small_and_large_values()
    {
        const float Cap = 30;
        double[,] values = Reference.Fill(Height, Width, (i, j) => X[i, j] * Math.Pow(10, i % 7 - 3));
        using Matrix<float> x = Backend.Float(values);
        Backend.SoftCap(x, Cap, x);
        foreach ((double actual, double value) in Backend.ReadWide(x).Zip(values.Cast<double>()))
        {
            double expected = Cap * Math.Tanh(value / Cap);
            actual.ShouldBe(expected, 1e-6 * Math.Abs(expected) + 1e-30, $"at {value}");
        }

        Should.Throw<ArgumentException>(() => Backend.SoftCap(x, 0, x));
        Should.Throw<ArgumentException>(() => Backend.SoftCap(x, Cap, Backend.Allocate<float>(1, 1)));
    }

    [SkippableFact]
    public void Swish_of_very_negative_gates_is_zero()
    {
        using Matrix<float> gate = Backend.Float(Reference.Fill(3, 7, (i, j) => -100 * (1 + i + j)));
        using Matrix<float> up = Backend.Float(Reference.Fill(3, 7, (_, _) => 1));
        Backend.ActivateGated(Nonlinearity.Silu, gate, up, gate);
        Backend.Read(gate).ShouldAllBe(value => Math.Abs(value) < 1e-30);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(517)]
    [InlineData(5003)]
    public void Cross_entropy_matches_its_definition_for_large_logits(int vocabulary)
    {
        double[,] logits = Reference.Fill(11, vocabulary, Scaled(Reference.Random(11, vocabulary, 1), 90));
        int[] targets = [.. Enumerable.Range(0, 11).Select(i => i * 31 % vocabulary)];
        var losses = new double[11];
        Backend.CrossEntropy(Backend.Float(logits), targets, losses);
        Reference.ShouldBeClose(losses, [.. Enumerable.Range(0, 11).Select(i =>
            Math.Log(Enumerable.Range(0, vocabulary).Sum(j => Math.Exp(logits[i, j] - logits[i, targets[i]]))))], 1e-6);
        Should.Throw<ArgumentException>(
            () => Backend.CrossEntropy(Backend.Float(logits), [.. targets[1..], vocabulary], losses));
        Should.Throw<ArgumentException>(() => Backend.CrossEntropy(Backend.Float(logits), targets[1..], losses));
    }

    [SkippableFact]
    public void Transformer_kernels_give_the_same_bits_for_any_number_of_threads() => ShouldNotDependOnThreads(device =>
    {
        using Matrix<float> context = device.AllocateUninitialized<float>(260, 48);
        device.CausalAttention(
            device.Float(Reference.Random(260, 48, 1)), device.Float(Reference.Random(260, 24, 2)),
            device.Float(Reference.Random(260, 24, 3)), Shape(4, 2, 12, 130, 100) with { Cap = 2 },
            device.Float(Reference.Random(1, 4, 4)), context);
        using Matrix<float> x = device.Float(X);
        device.ActivateGated(Nonlinearity.Silu, x, device.Float(Y), x);
        device.Activate(Nonlinearity.Gelu, x, x);
        device.Activate(Nonlinearity.GeluTanh, x, x);
        device.SoftCap(x, 0.5f, x);
        device.LayerNorm(x, null, null, 1e-5f, x);
        var losses = new double[Height];
        device.CrossEntropy(x, new int[Height], losses);
        return [.. device.ReadWide(context), .. device.ReadWide(x), .. losses];
    });

    private void ShouldAttend(AttentionShape shape, int width, int sequences, bool withSinks)
    {
        int tokens = sequences * shape.SequenceLength;
        double[,] q = Reference.Fill(
            tokens,
            shape.Heads * width,
            Scaled(Reference.Random(tokens, shape.Heads * width, 1), 3));
        double[,] k = Reference.Random(tokens, shape.KeyValueHeads * width, 2);
        double[,] v = Reference.Random(tokens, shape.KeyValueHeads * width, 3);
        double[,]? sinks = withSinks ? Reference.Fill(1, shape.Heads, (_, head) => 3 - head) : null;
        using Matrix<float> context = Backend.Float(Reference.Fill(tokens, shape.Heads * width, (_, _) => double.NaN));
        Backend.CausalAttention(
            Backend.Float(q), Backend.Float(k), Backend.Float(v), shape, sinks is null
                ? null
                : Backend.Float(sinks), context);
        Reference.ShouldBeClose(Backend.ReadWide(context), Reference.Flatten(Attend(q, k, v, shape, sinks)), 5e-6);
    }

    private static AttentionShape Shape(
        int heads,
        int keyValueHeads,
        int width,
        int sequenceLength,
        int window = int.MaxValue) =>
        new(heads, keyValueHeads, sequenceLength, window, (float)(1 / Math.Sqrt(width)));

    private static double[,] Attend(double[,] q, double[,] k, double[,] v, AttentionShape shape, double[,]? sinks)
    {
        int width = q.GetLength(1) / shape.Heads;
        var context = new double[q.GetLength(0), q.GetLength(1)];
        for (int token = 0; token < q.GetLength(0); token++)
        {
            int first = (int)Math.Max(
                token / shape.SequenceLength * shape.SequenceLength,
                (long)token - shape.Window + 1);
            for (int head = 0; head < shape.Heads; head++)
            {
                int sharedHead = head / (shape.Heads / shape.KeyValueHeads);
                double Score(int key)
                {
                    double score = shape.Scale * Enumerable.Range(0, width)
                        .Sum(c => q[token, head * width + c] * k[key, sharedHead * width + c]);
                    return shape.Cap is { } cap ? cap * Math.Tanh(score / cap) : score;
                }

                double[] weights = [.. Enumerable.Range(first, token - first + 1).Select(key => Math.Exp(Score(key)))];
                double sum = weights.Sum() + (sinks is null ? 0 : Math.Exp(sinks[0, head]));
                for (int c = 0; c < width; c++)
                {
                    context[token, head * width + c] = weights.Select(
                        (weight, key) => weight * v[first + key, sharedHead * width + c]).Sum() / sum;
                }
            }
        }

        return context;
    }

    private static IEnumerable<int> Rows() => Enumerable.Range(0, Height);

    private static IEnumerable<int> Columns() => Enumerable.Range(0, Width);

    private static Func<int, int, double> Scaled(double[,] x, double factor) => (i, j) => x[i, j] * factor;
}
