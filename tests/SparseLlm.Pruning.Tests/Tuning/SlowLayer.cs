using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tests.Tuning;

/// <summary>A decoder layer of random weights, computed literally in double precision; the same weights make a loaded layer.</summary>
internal sealed class SlowLayer(LayerDefinition definition)
{
    private readonly Dictionary<string, double[,]> tensors = [];
    private readonly Random random = new(7);

    /// <summary>The values of a tensor, which may be changed.</summary>
    public double[,] this[string name] => tensors[name];

    /// <summary>Numbers that single precision holds exactly.</summary>
    public double[,] Random(int rows, int columns, double mean = 0, double spread = 1)
    {
        var values = new double[rows, columns];
        for (int i = 0; i < values.Length; i++)
        {
            values[i / columns, i % columns] = (float)(mean + spread * (2 * random.NextDouble() - 1));
        }

        return values;
    }

    public static Matrix<float> Upload(IBackend backend, double[,] values)
    {
        Matrix<float> matrix = backend.AllocateUninitialized<float>(values.GetLength(0), values.GetLength(1));
        backend.Upload<float>(values.Cast<double>().Select(value => (float)value).ToArray(), matrix);
        return matrix;
    }

    public DecoderLayer Load(IBackend backend)
    {
        Norm Norm(NormDefinition norm) => LoadNorm(backend, norm);
        Linear Linear(LinearDefinition linear) => LoadLinear(backend, linear);
        AttentionDefinition attention = definition.Attention;
        FeedForwardDefinition feedForward = definition.FeedForward;
        return new DecoderLayer(
            backend, definition, Norm(definition.AttentionNorm),
            new Attention(backend, attention, Linear(attention.Query), Linear(attention.Key), Linear(attention.Value), Linear(attention.Output)),
            Norm(definition.FeedForwardNorm),
            new FeedForward(
                backend, feedForward, feedForward.Gate is null ? null : Linear(feedForward.Gate), Linear(feedForward.Up), Linear(feedForward.Down)));
    }

    public Norm LoadNorm(IBackend backend, NormDefinition norm) => new(
        backend, norm, Upload(backend, Add(norm.GainName, Random(1, norm.Width, 1, 0.3))),
        norm.HasBias ? Upload(backend, Add(norm.BiasName, Random(1, norm.Width, 0, 0.3))) : null);

    public Linear LoadLinear(IBackend backend, LinearDefinition linear) => new(
        backend, linear, Upload(backend, Add(linear.WeightName, Random(linear.Outputs, linear.Inputs, 0, 0.7))),
        linear.HasBias ? Upload(backend, Add(linear.BiasName, Random(1, linear.Outputs, 0, 0.3))) : null);

    public double[,] Forward(double[,] x, int sequenceLength)
    {
        bool first = definition.NormFirst;
        double[,] residual = Sum(x, Attend(first ? Normalize(definition.AttentionNorm, x) : x, sequenceLength));
        residual = first ? residual : Normalize(definition.AttentionNorm, residual);
        double[,] output = Sum(residual, FeedForward(first ? Normalize(definition.FeedForwardNorm, residual) : residual));
        return first ? output : Normalize(definition.FeedForwardNorm, output);
    }

    public double[,] Normalize(NormDefinition norm, double[,] x) => Map(x, (i, j) =>
    {
        double[] row = [.. Enumerable.Range(0, norm.Width).Select(c => x[i, c])];
        double mean = norm.Kind == NormKind.LayerNorm ? row.Average() : 0;
        double scale = 1 / Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + norm.Epsilon);
        return (x[i, j] - mean) * scale * tensors[norm.GainName][0, j] + (norm.HasBias ? tensors[norm.BiasName][0, j] : 0);
    });

    public double[,] Apply(LinearDefinition linear, double[,] x)
    {
        double[,] weight = tensors[linear.WeightName];
        return Map(new double[x.GetLength(0), linear.Outputs], (i, j) =>
            Enumerable.Range(0, linear.Inputs).Sum(c => x[i, c] * weight[j, c]) + (linear.HasBias ? tensors[linear.BiasName][0, j] : 0));
    }

    private double[,] FeedForward(double[,] x)
    {
        FeedForwardDefinition block = definition.FeedForward;
        double[,] up = Apply(block.Up, x);
        double[,]? gate = block.Gate is null ? null : Apply(block.Gate, x);
        return Apply(block.Down, Map(up, (i, j) =>
            gate is null ? Math.Max(up[i, j], 0) : gate[i, j] / (1 + Math.Exp(-gate[i, j])) * up[i, j]));
    }

    private double[,] Attend(double[,] x, int sequenceLength)
    {
        AttentionDefinition block = definition.Attention;
        double[,] q = Rotate(Apply(block.Query, x), sequenceLength);
        double[,] k = Rotate(Apply(block.Key, x), sequenceLength);
        double[,] v = Apply(block.Value, x);
        int width = block.HeadWidth;
        return Apply(block.Output, Map(q, (i, j) =>
        {
            int head = j / width;
            int shared = head / (block.Heads / block.KeyValueHeads) * width;
            int[] seen = [.. Enumerable.Range(i / sequenceLength * sequenceLength, i % sequenceLength + 1).Where(key => i - key < (long)block.Window)];
            double[] scores = [.. seen.Select(key => Math.Exp(
                Enumerable.Range(0, width).Sum(c => q[i, head * width + c] * k[key, shared + c]) / Math.Sqrt(width)))];
            return seen.Select((key, at) => scores[at] * v[key, shared + j % width]).Sum() / scores.Sum();
        }));
    }

    private double[,] Rotate(double[,] x, int sequenceLength)
    {
        if (definition.Attention.Rotary is not { } rotary)
        {
            return x;
        }

        int pairs = definition.Attention.HeadWidth / 2;
        return Map(x, (i, j) =>
        {
            int channel = j % (2 * pairs);
            double angle = i % sequenceLength * rotary.InverseFrequencies[channel % pairs];
            double other = channel < pairs ? -x[i, j + pairs] : x[i, j - pairs];
            return x[i, j] * Math.Cos(angle) + other * Math.Sin(angle);
        });
    }

    private double[,] Add(string name, double[,] values) => tensors[name] = values;

    private static double[,] Sum(double[,] x, double[,] y) => Map(x, (i, j) => x[i, j] + y[i, j]);

    private static double[,] Map(double[,] shape, Func<int, int, double> value)
    {
        var result = new double[shape.GetLength(0), shape.GetLength(1)];
        for (int i = 0; i < result.GetLength(0); i++)
        {
            for (int j = 0; j < result.GetLength(1); j++)
            {
                result[i, j] = value(i, j);
            }
        }

        return result;
    }
}
