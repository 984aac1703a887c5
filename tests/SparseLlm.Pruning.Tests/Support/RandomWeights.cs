using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>Random parameters by where they are stored: in double precision, to be computed with literally and to be
/// changed, and loaded into layers.</summary>
internal sealed class RandomWeights(int seed = 7)
{
    private readonly Dictionary<object, double[,]> values = [];
    private readonly Dictionary<Matrix<float>, double[,]> loaded = new(ReferenceEqualityComparer.Instance);
    private readonly Random random = new(seed);

    /// <summary>The values that a loaded matrix was made of.</summary>
    public double[,] this[Matrix<float> matrix] => loaded[matrix];

    /// <summary>Numbers that single precision holds exactly.</summary>
    public double[,] Random(int rows, int columns, double mean = 0, double spread = 1)
    {
        var drawn = new double[rows, columns];
        for (int i = 0; i < drawn.Length; i++)
        {
            drawn[i / columns, i % columns] = (float)(mean + spread * (2 * random.NextDouble() - 1));
        }

        return drawn;
    }

    public double[,] Weight(LinearDefinition linear)
        => Of(linear.Weight, () => Random(linear.Outputs, linear.Inputs, 0, 2 / Math.Sqrt(linear.Inputs)));

    public double[,]? Bias(LinearDefinition linear) => linear.Bias is null ? null : Small(linear.Bias);

    /// <summary>The stored gains, a row for each head where each has its own; null for ones.</summary>
    public double[,]? Gain(NormDefinition norm) => norm.Gain.Count == 0
        ? null
        : Of(norm.Gain, () => Random(norm.Gain.Sum(slice => slice.Rows), norm.Width, 1 - norm.GainOffset, 0.3));

    public double[,]? Bias(NormDefinition norm) => norm.Bias is null ? null : Small(norm.Bias);

    /// <summary>A vector of small numbers.</summary>
    public double[,] Small(TensorSlice slice) => Of(slice, () => Random(slice.Rows, slice.Columns, 0, 0.3));

    public static Matrix<float> Upload(IBackend backend, double[,] values)
    {
        Matrix<float> matrix = backend.AllocateUninitialized<float>(values.GetLength(0), values.GetLength(1));
        backend.Upload<float>(values.Cast<double>().Select(value => (float)value).ToArray(), matrix);
        return matrix;
    }

    /// <summary>A decoder layer with these parameters.</summary>
    public DecoderLayer Load(IBackend backend, LayerDefinition definition)
    {
        Dictionary<NormDefinition, Norm> norms = new(ReferenceEqualityComparer.Instance);
        Norm? Shared(NormDefinition? norm) => norm is null
            ? null
            : norms.TryGetValue(norm, out Norm? known) ? known : norms[norm] = Load(backend, norm);
        Block[] blocks = [.. definition.Blocks.Select(block => new Block(
            backend, block, Shared(block.InputNorm), Load(backend, block.Mixer), Shared(
                block.OutputNorm), Shared(block.SumNorm), definition.ResidualMultiplier))];
        return new DecoderLayer(definition, blocks, [.. norms.Values]);
    }

    public Norm Load(IBackend backend, NormDefinition norm)
        => new(backend, norm, Loaded(backend, Gain(norm)), Loaded(backend, Bias(norm)));

    public Linear Load(IBackend backend, LinearDefinition linear)
        => new(backend, linear, Loaded(backend, Weight(linear))!, Loaded(backend, Bias(linear)));

    public Mixer Load(IBackend backend, MixerDefinition mixer) => mixer switch
    {
        AttentionDefinition attention => new Attention(backend, new AttentionParts(
            attention,
            Load(backend, attention.Query),
            Load(backend, attention.Key),
            Load(backend, attention.Value),
            Load(backend, attention.Output),
            attention.QueryNorm is null ? null : Load(backend, attention.QueryNorm),
            attention.KeyNorm is null ? null : Load(backend, attention.KeyNorm),
            attention.Sinks is null ? null : Loaded(backend, Small(attention.Sinks)))),
        FeedForwardDefinition feedForward => new FeedForward(
            backend,
            feedForward,
            feedForward.Gate is null ? null : Load(backend, feedForward.Gate),
            Load(backend, feedForward.Up),
            Load(backend, feedForward.Down)),
        ExpertsDefinition experts => new Experts(
            backend, experts, Load(backend,
                experts.Router), expert => (FeedForward)Load(backend, experts.Experts[expert])),
        _ => throw new ArgumentException($"{mixer}", nameof(mixer)),
    };

    private double[,] Of(object key, Func<double[,]> draw)
        => values.TryGetValue(key, out double[,]? known) ? known : values[key] = draw();

    private Matrix<float>? Loaded(IBackend backend, double[,]? of)
    {
        if (of is null)
        {
            return null;
        }

        Matrix<float> matrix = Upload(backend, of);
        loaded[matrix] = of;
        return matrix;
    }
}
