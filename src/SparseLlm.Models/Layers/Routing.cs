using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Layers;

/// <summary>Which tokens go through which experts, and with what weights. Of equal logits the expert that comes first
/// is taken.</summary>
public sealed class Routing
{
    private readonly ExpertsDefinition definition;
    private readonly List<int>[] rows;
    private readonly List<float>[] weights;

    private Routing(ExpertsDefinition definition)
    {
        this.definition = definition;
        rows = [.. definition.Experts.Select(_ => new List<int>())];
        weights = [.. definition.Experts.Select(_ => new List<float>())];
    }

    /// <summary>The routing for router logits [tokens x experts]: of each token the highest, weighted by the softmax
    /// over all or over these.</summary>
    public static Routing Of(ExpertsDefinition definition, ReadOnlySpan<float> logits)
    {
        int experts = definition.Experts.Count;
        var routing = new Routing(definition);
        for (int token = 0; token < logits.Length / experts; token++)
        {
            float[] row = logits.Slice(token * experts, experts).ToArray();
            double[] probabilities = Softmax(row);
            int[] chosen = Highest(row, definition.ExpertsPerToken);
            double total = definition.NormalizesWeights ? chosen.Sum(expert => probabilities[expert]) : 1;
            foreach (int expert in chosen)
            {
                routing.rows[expert].Add(token);
                routing.weights[expert].Add((float)(probabilities[expert] / total));
            }
        }

        return routing;
    }

    /// <summary>The places of the highest logits, descending.</summary>
    private static int[] Highest(float[] logits, int count)
    {
        var places = new int[count];
        for (int i = 0; i < count; i++)
        {
            int highest = -1;
            for (int place = 0; place < logits.Length; place++)
            {
                if (Array.IndexOf(places, place, 0, i) < 0 && (highest < 0 || logits[place] > logits[highest]))
                {
                    highest = place;
                }
            }

            places[i] = highest;
        }

        return places;
    }

    /// <summary>The tokens of an expert.</summary>
    public ExpertTokens Of(int expert) => new([.. rows[expert]], [.. weights[expert]]);

    /// <summary>
    /// The derivative by the router's logits, of a softmax p over the chosen experts or over all: p_j (g_j - Σ p g).
    /// </summary>
    /// <param name="logits">[tokens x experts].</param>
    /// <param name="weightGradients">g, the derivative by the weights, [tokens x experts]; 0 where an expert was not
    /// chosen.</param>
    public float[] LogitGradients(ReadOnlySpan<float> logits, ReadOnlySpan<float> weightGradients)
    {
        int experts = definition.Experts.Count;
        var gradients = new float[logits.Length];
        bool[] isChosen = new bool[logits.Length];
        for (int expert = 0; expert < experts; expert++)
        {
            rows[expert].ForEach(token => isChosen[token * experts + expert] = true);
        }

        for (int token = 0; token < logits.Length / experts; token++)
        {
            int start = token * experts;
            double[] probabilities = Softmax(logits.Slice(start, experts));
            double total = 1;
            if (definition.NormalizesWeights)
            {
                total = Enumerable.Range(0, experts).Where(expert => isChosen[start + expert])
                    .Sum(expert => probabilities[expert]);
            }

            double mean = 0;
            for (int expert = 0; expert < experts; expert++)
            {
                mean += probabilities[expert] / total * weightGradients[start + expert];
            }

            for (int expert = 0; expert < experts; expert++)
            {
                if (isChosen[start + expert] || !definition.NormalizesWeights)
                {
                    gradients[start + expert] = (float)(probabilities[expert] / total
                        * (weightGradients[start + expert] - mean));
                }
            }
        }

        return gradients;
    }

    /// <summary>exp(z - max z), to the sum 1.</summary>
    private static double[] Softmax(ReadOnlySpan<float> logits)
    {
        double maximum = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            maximum = Math.Max(maximum, logit);
        }

        var probabilities = new double[logits.Length];
        double sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            sum += probabilities[i] = Math.Exp(logits[i] - maximum);
        }

        for (int i = 0; i < probabilities.Length; i++)
        {
            probabilities[i] /= sum;
        }

        return probabilities;
    }
}

/// <summary>The tokens that go through an expert.</summary>
/// <param name="Rows">Their places, ascending.</param>
/// <param name="Weights">The factors of what the expert gives for them.</param>
public sealed record ExpertTokens(int[] Rows, float[] Weights);
