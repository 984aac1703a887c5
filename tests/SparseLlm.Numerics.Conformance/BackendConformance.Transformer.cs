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

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Layer_norm_matches_its_definition(bool affine)
    {
        double[,] x = Reference.Fill(Height, Width, (i, j) => 3 + X[i, j] * (1 + i));
        double[,] gain = Reference.Random(1, Width, 2);
        double[,] bias = Reference.Random(1, Width, 3);
        using Matrix<float> destination = Backend.Float(x);
        Backend.LayerNorm(destination, affine ? Backend.Float(gain) : null, affine ? Backend.Float(bias) : null, 1e-5f, destination);
        double[] mean = [.. Rows().Select(i => Columns().Average(j => x[i, j]))];
        double[] variance = [.. Rows().Select(i => Columns().Average(j => (x[i, j] - mean[i]) * (x[i, j] - mean[i])))];
        Reference.ShouldBeClose(Backend.ReadWide(destination), Flat((i, j) =>
            (x[i, j] - mean[i]) / Math.Sqrt(variance[i] + 1e-5f) * (affine ? gain[0, j] : 1) + (affine ? bias[0, j] : 0)), 3e-6);
    }

    [SkippableFact]
    public void Rms_norm_matches_its_definition()
    {
        double[,] gain = Reference.Random(1, Width, 2);
        using Matrix<float> destination = Backend.AllocateUninitialized<float>(Height, Width);
        Backend.RmsNorm(Backend.Float(X), Backend.Float(gain), 1e-6f, destination);
        double[] scale = [.. Rows().Select(i => 1 / Math.Sqrt(Columns().Average(j => X[i, j] * X[i, j]) + 1e-6f))];
        Reference.ShouldBeClose(Backend.ReadWide(destination), Flat((i, j) => X[i, j] * scale[i] * gain[0, j]), 2e-6);
    }

    [SkippableTheory]
    [InlineData(3, 8)]
    [InlineData(2, 64)]
    [InlineData(1, 22)]
    public void Rotary_embedding_turns_pairs_of_channels(int heads, int width)
    {
        const int SequenceLength = 7;
        double[,] x = Reference.Random(21, heads * width, 1);
        double[,] angles = Reference.Fill(SequenceLength, width / 2, (t, c) => t / Math.Pow(100, 2.0 * c / width));
        double[,] cosines = Reference.Fill(SequenceLength, width / 2, (t, c) => Math.Cos(angles[t, c]));
        double[,] sines = Reference.Fill(SequenceLength, width / 2, (t, c) => Math.Sin(angles[t, c]));
        using Matrix<float> rotated = Backend.Float(x);
        Backend.ApplyRotary(rotated, heads, Backend.Float(cosines), Backend.Float(sines));
        double[,] expected = Fill64(21, heads * width, (i, j) =>
        {
            int channel = j % width;
            int pair = channel % (width / 2);
            bool lower = channel < width / 2;
            double other = lower ? -x[i, j + width / 2] : x[i, j - width / 2];
            return x[i, j] * cosines[i % SequenceLength, pair] + other * sines[i % SequenceLength, pair];
        });
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
    public void Attention_matches_its_definition(int heads, int keyValueHeads, int width, int sequenceLength, int window, int sequences)
    {
        int tokens = sequences * sequenceLength;
        double[,] q = Reference.Fill(tokens, heads * width, Scaled(Reference.Random(tokens, heads * width, 1), 3));
        double[,] k = Reference.Random(tokens, keyValueHeads * width, 2);
        double[,] v = Reference.Random(tokens, keyValueHeads * width, 3);
        var expected = new double[tokens, heads * width];
        for (int token = 0; token < tokens; token++)
        {
            for (int head = 0; head < heads; head++)
            {
                Attend(q, k, v, token, head, head / (heads / keyValueHeads), width, sequenceLength, window, expected);
            }
        }

        using Matrix<float> context = Backend.Float(Reference.Fill(tokens, heads * width, (_, _) => double.NaN));
        Backend.CausalAttention(
            Backend.Float(q), Backend.Float(k), Backend.Float(v), heads, keyValueHeads, sequenceLength, window, context);
        Reference.ShouldBeClose(Backend.ReadWide(context), Reference.Flatten(expected), 5e-6);
    }

    [SkippableFact]
    public void Attention_of_wrong_shapes_is_refused()
    {
        using Matrix<float> x = Backend.Allocate<float>(6, 8);
        using Matrix<float> context = Backend.Allocate<float>(6, 8);
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, 3, 3, 6, 6, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, 4, 3, 6, 6, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, 4, 2, 6, 6, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, 4, 4, 4, 6, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, 4, 4, 6, 0, context));
        Should.Throw<ArgumentException>(() => Backend.CausalAttention(x, x, x, 4, 4, 6, 6, x));
        Should.Throw<ArgumentException>(() => Backend.ApplyRotary(x, 3, context, context));
    }

    [SkippableFact]
    public void Activations_match_their_definitions()
    {
        double[,] gate = Reference.Fill(Height, Width, Scaled(X, 30));
        using Matrix<float> x = Backend.Float(gate);
        Backend.SwiGlu(x, Backend.Float(Y), x);
        Reference.ShouldBeClose(Backend.ReadWide(x), Flat((i, j) => Reference.Silu(gate[i, j]) * Y[i, j]), 1e-6);
        using Matrix<float> relu = Backend.Float(X);
        Backend.Relu(relu, relu);
        Backend.ReadWide(relu).ShouldBe(Flat((i, j) => Math.Max(X[i, j], 0)));
    }

    [SkippableFact]
    public void Swish_of_very_negative_gates_is_zero()
    {
        using Matrix<float> gate = Backend.Float(Reference.Fill(3, 7, (i, j) => -100 * (1 + i + j)));
        using Matrix<float> up = Backend.Float(Reference.Fill(3, 7, (_, _) => 1));
        Backend.SwiGlu(gate, up, gate);
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
        Should.Throw<ArgumentException>(() => Backend.CrossEntropy(Backend.Float(logits), [.. targets[1..], vocabulary], losses));
        Should.Throw<ArgumentException>(() => Backend.CrossEntropy(Backend.Float(logits), targets[1..], losses));
    }

    [SkippableFact]
    public void Transformer_kernels_give_the_same_bits_for_any_number_of_threads() => ShouldNotDependOnThreads(device =>
    {
        using Matrix<float> context = device.AllocateUninitialized<float>(260, 48);
        device.CausalAttention(
            device.Float(Reference.Random(260, 48, 1)), device.Float(Reference.Random(260, 24, 2)),
            device.Float(Reference.Random(260, 24, 3)), 4, 2, 130, 100, context);
        using Matrix<float> x = device.Float(X);
        device.SwiGlu(x, device.Float(Y), x);
        device.LayerNorm(x, null, null, 1e-5f, x);
        var losses = new double[Height];
        device.CrossEntropy(x, new int[Height], losses);
        return [.. device.ReadWide(context), .. device.ReadWide(x), .. losses];
    });

    private static void Attend(
        double[,] q, double[,] k, double[,] v, int token, int head, int sharedHead, int width, int sequenceLength, int window,
        double[,] context)
    {
        int start = token / sequenceLength * sequenceLength;
        int first = (int)Math.Max(start, (long)token - window + 1);
        double[] scores = [.. Enumerable.Range(first, token - first + 1).Select(key => Math.Exp(Enumerable.Range(0, width)
            .Sum(c => q[token, head * width + c] * k[key, sharedHead * width + c]) / Math.Sqrt(width)))];
        double sum = scores.Sum();
        for (int c = 0; c < width; c++)
        {
            context[token, head * width + c] =
                scores.Select((score, key) => score * v[first + key, sharedHead * width + c]).Sum() / sum;
        }
    }

    private static IEnumerable<int> Rows() => Enumerable.Range(0, Height);

    private static IEnumerable<int> Columns() => Enumerable.Range(0, Width);

    private static Func<int, int, double> Scaled(double[,] x, double factor) => (i, j) => x[i, j] * factor;
}
