using System.Numerics.Tensors;

namespace SparseLlm.Runtime.Generation;

/// <summary>Chooses tokens by their logits, as transformers does: penalty, temperature, top-k, top-p, min-p, and of
/// what is left by chance. Of equal logits the lower id is first.</summary>
internal sealed class Sampler(GenerationOptions options)
{
    private readonly Random random = options.Seed is int seed ? new Random(seed) : new Random();
    private Candidate[] candidates = [];

    /// <summary>The next token.</summary>
    /// <param name="logits">One for each of the vocabulary; changed.</param>
    /// <param name="tokens">The tokens of the sequence so far.</param>
    public int Choose(Span<float> logits, IReadOnlyList<int> tokens)
    {
        if (options.RepetitionPenalty != 1)
        {
            Penalize(logits, tokens);
        }

        return options.Temperature == 0 || options.TopK == 1
            ? TensorPrimitives.IndexOfMax(logits)
            : Draw(Nucleus(Likely(logits)));
    }

    private void Penalize(Span<float> logits, IReadOnlyList<int> tokens)
    {
        foreach (int token in tokens.Distinct())
        {
            logits[token] = logits[token] > 0
                ? logits[token] / options.RepetitionPenalty
                : logits[token] * options.RepetitionPenalty;
        }
    }

    /// <summary>The candidates with their weights, the most likely one having 1, and no others; not in order.</summary>
    private Span<Candidate> Likely(ReadOnlySpan<float> logits)
    {
        float maximum = TensorPrimitives.Max(logits);
        if (candidates.Length < logits.Length)
        {
            candidates = new Candidate[logits.Length];
        }

        float least = options.TopK > 0 && options.TopK < logits.Length
            ? Highest(logits, options.TopK)
            : float.NegativeInfinity;
        int count = 0;
        for (int token = 0; token < logits.Length; token++)
        {
            if (logits[token] >= least
                && Math.Exp(((double)logits[token] - maximum) / options.Temperature) is > 0 and var weight)
            {
                candidates[count++] = new Candidate(token, weight);
            }
        }

        Span<Candidate> likely = candidates.AsSpan(0, count);
        if (options.TopK == 0 || options.TopK >= count)
        {
            return likely;
        }

        likely.Sort();
        return likely[..options.TopK];
    }

    /// <summary>The count-th highest logit, without putting a whole vocabulary in order.</summary>
    private static float Highest(ReadOnlySpan<float> logits, int count)
    {
        var highest = new PriorityQueue<int, float>(count);
        for (int token = 0; token < logits.Length; token++)
        {
            if (highest.Count < count)
            {
                highest.Enqueue(token, logits[token]);
            }
            else if (highest.TryPeek(out _, out float least) && logits[token] > least)
            {
                highest.EnqueueDequeue(token, logits[token]);
            }
        }

        highest.TryPeek(out _, out float last);
        return last;
    }

    /// <summary>Those of the likely ones that top-p and min-p leave, the most likely one first. It is always
    /// left.</summary>
    private Span<Candidate> Nucleus(Span<Candidate> likely)
    {
        double total = Total(likely);
        if (options.TopP < 1)
        {
            // All that are less likely than this have together less than what top-p leaves out, so that they need not
            // be put in order.
            likely = AtLeast(likely, (1 - options.TopP) * total / likely.Length);
            likely.Sort();
            double sum = 0;
            int count = 0;
            while (count < likely.Length && (count == 0 || sum < options.TopP * total))
            {
                sum += likely[count++].Weight;
            }

            likely = likely[..count];
        }

        return options.MinP > 0 ? AtLeast(likely, options.MinP) : likely;
    }

    private int Draw(ReadOnlySpan<Candidate> likely)
    {
        double drawn = random.NextDouble() * Total(likely);
        foreach (Candidate candidate in likely)
        {
            drawn -= candidate.Weight;
            if (drawn < 0)
            {
                return candidate.Token;
            }
        }

        return likely[^1].Token;
    }

    /// <summary>Those with at least a weight, moved to the front in their order.</summary>
    private static Span<Candidate> AtLeast(Span<Candidate> all, double weight)
    {
        int count = 0;
        for (int i = 0; i < all.Length; i++)
        {
            if (all[i].Weight >= weight)
            {
                all[count++] = all[i];
            }
        }

        return all[..count];
    }

    private static double Total(ReadOnlySpan<Candidate> likely)
    {
        double total = 0;
        foreach (Candidate candidate in likely)
        {
            total += candidate.Weight;
        }

        return total;
    }

    /// <summary>A token that may be next.</summary>
    /// <param name="Token">Its id.</param>
    /// <param name="Weight">Its probability over that of the most likely one.</param>
    private readonly record struct Candidate(int Token, double Weight) : IComparable<Candidate>
    {
        public int CompareTo(Candidate other)
            => Weight != other.Weight ? other.Weight.CompareTo(Weight) : Token.CompareTo(other.Token);
    }
}
