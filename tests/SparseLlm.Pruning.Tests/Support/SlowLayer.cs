using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>A decoder layer computed literally, from its definition, in double precision.</summary>
internal sealed class SlowLayer(LayerDefinition definition, RandomWeights weights)
{
    /// <summary>How near a token has been to going through another expert: the least distance of the last logit that
    /// was taken to the first that was not.</summary>
    public double NearestTie { get; private set; } = double.PositiveInfinity;

    public double[,] Forward(double[,] x, int sequenceLength)
    {
        double[,] stream = x;
        foreach (BlockDefinition block in definition.Blocks)
        {
            double[,] before = stream;
            double[,] input = Normalize(block.InputNorm, definition.Wiring == Wiring.Parallel ? x : before);
            double[,] added = Normalize(block.OutputNorm, Mix(block.Mixer, input, sequenceLength));
            stream = Normalize(
                block.SumNorm,
                Map(before, (i, j) => before[i, j] + definition.ResidualMultiplier * added[i, j]));
        }

        return stream;
    }

    public double[,] Normalize(NormDefinition? norm, double[,] x)
    {
        if (norm is null)
        {
            return x;
        }

        double[,]? gain = weights.Gain(norm);
        double[,]? bias = weights.Bias(norm);
        return Map(x, (i, j) =>
        {
            (int group, int channel) = (j / norm.Width, j % norm.Width);
            double[] row = [.. Enumerable.Range(group * norm.Width, norm.Width).Select(c => x[i, c])];
            double mean = norm.Kind == NormKind.LayerNorm ? row.Average() : 0;
            double normalized = (x[i, j] - mean)
                / Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + norm.Epsilon);
            return normalized * (gain is null ? 1 : norm.GainOffset + gain[group % gain.GetLength(0), channel])
                + (bias is null ? 0 : bias[0, channel]);
        });
    }

    public double[,] Apply(LinearDefinition linear, double[,] x)
    {
        double[,] weight = weights.Weight(linear);
        double[,]? bias = weights.Bias(linear);
        return Map(new double[x.GetLength(0), linear.Outputs], (i, j) =>
        {
            double sum = bias is null ? 0 : bias[0, j];
            for (int c = 0; c < linear.Inputs; c++)
            {
                sum += x[i, c] * weight[j, c];
            }

            return sum;
        });
    }

    private double[,] Mix(MixerDefinition mixer, double[,] x, int sequenceLength) => mixer switch
    {
        AttentionDefinition attention => Attend(attention, x, sequenceLength),
        FeedForwardDefinition feedForward => FeedForward(feedForward, x),
        ExpertsDefinition experts => Route(experts, x),
        _ => throw new ArgumentException($"{mixer}", nameof(mixer)),
    };

    private double[,] Attend(AttentionDefinition block, double[,] x, int sequenceLength)
    {
        double[,] q = Turn(block, Normalize(block.QueryNorm, Apply(block.Query, x)), sequenceLength);
        double[,] k = Turn(block, Normalize(block.KeyNorm, Apply(block.Key, x)), sequenceLength);
        double[,] v = Apply(block.Value, x);
        int width = block.HeadWidth;
        var context = new double[x.GetLength(0), block.Heads * width];
        for (int token = 0; token < x.GetLength(0); token++)
        {
            for (int head = 0; head < block.Heads; head++)
            {
                int shared = head / (block.Heads / block.KeyValueHeads) * width;
                double total = block.Sinks is null ? 0 : Math.Exp(weights.Small(block.Sinks)[0, head]);
                for (int key = token / sequenceLength * sequenceLength; key <= token; key++)
                {
                    if (token - key >= block.Window)
                    {
                        continue;
                    }

                    double score = block.Scale
                        * Enumerable.Range(0, width).Sum(c => q[token, head * width + c] * k[key, shared + c]);
                    double share = Math.Exp(block.Cap is { } cap ? cap * Math.Tanh(score / cap) : score);
                    total += share;
                    for (int c = 0; c < width; c++)
                    {
                        context[token, head * width + c] += share * v[key, shared + c];
                    }
                }

                for (int c = 0; c < width; c++)
                {
                    context[token, head * width + c] /= total;
                }
            }
        }

        return Apply(block.Output, context);
    }

    private static double[,] Turn(AttentionDefinition block, double[,] x, int sequenceLength)
    {
        if (block.Rotary is not { } rotary)
        {
            return x;
        }

        IReadOnlyList<double> frequencies =
            rotary.Long is { } other && sequenceLength > other.Beyond
                ? other.InverseFrequencies
                : rotary.InverseFrequencies;
        int pairs = frequencies.Count;
        return Map(x, (i, j) =>
        {
            int channel = j % block.HeadWidth;
            if (channel >= 2 * pairs)
            {
                return x[i, j];
            }

            bool isHalfSplit = rotary.Pairing == RotaryPairing.HalfSplit;
            int pair = isHalfSplit ? channel % pairs : channel / 2;
            int distance = isHalfSplit ? pairs : 1;
            bool isFirst = isHalfSplit ? channel < pairs : channel % 2 == 0;
            double angle = i % sequenceLength * frequencies[pair];
            double turned = isFirst
                ? x[i, j] * Math.Cos(angle) - x[i, j + distance] * Math.Sin(angle)
                : x[i, j] * Math.Cos(angle) + x[i, j - distance] * Math.Sin(angle);
            return rotary.Factor * turned;
        });
    }

    private double[,] FeedForward(FeedForwardDefinition block, double[,] x)
    {
        double[,] up = Apply(block.Up, x);
        double[,]? gate = block.Gate is null ? null : Apply(block.Gate, x);
        return Apply(block.Down, Map(up, (i, j) => SlowActivation.Hidden(block.Activation, gate?[i, j], up[i, j])));
    }

    private double[,] Route(ExpertsDefinition block, double[,] x)
    {
        double[,] logits = Apply(block.Router, x);
        double[][,] outputs = [.. block.Experts.Select(expert => FeedForward(expert, x))];
        var sum = new double[x.GetLength(0), x.GetLength(1)];
        for (int token = 0; token < x.GetLength(0); token++)
        {
            double[] exponentials = [.. Enumerable.Range(0, block.Experts.Count)
                .Select(expert => Math.Exp(logits[token, expert]))];
            int[] order = [.. Enumerable.Range(0, block.Experts.Count)
                .OrderByDescending(expert => exponentials[expert])];
            int[] chosen = order[..block.ExpertsPerToken];
            NearestTie = Math.Min(NearestTie, logits[token, chosen[^1]] - logits[token, order[block.ExpertsPerToken]]);
            double total = (block.NormalizesWeights ? chosen : order).Sum(expert => exponentials[expert]);
            foreach (int expert in chosen)
            {
                for (int c = 0; c < x.GetLength(1); c++)
                {
                    sum[token, c] += exponentials[expert] / total * outputs[expert][token, c];
                }
            }
        }

        return sum;
    }

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
