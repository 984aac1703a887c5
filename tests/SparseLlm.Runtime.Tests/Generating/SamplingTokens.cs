using SparseLlm.Runtime.Generation;

namespace SparseLlm.Runtime.Tests.Generating;

/// <summary>Which tokens can be chosen and how often, against the definitions of transformers, written down token by
/// token.</summary>
public sealed class SamplingTokens
{
    private const int Draws = 20_000;

    private static readonly float[] Logits = [2.1f, -0.4f, 3f, 0.2f, 2.6f, -3f, 1.1f, 0.9f, -1.2f, 2.05f];
    private static readonly int[] Seen = [4, 5, 4, 0];

    public static TheoryData<float, int, float, float, float> Settings => new()
    {
        { 1, 0, 1, 0, 1 },
        { 0.5f, 0, 1, 0, 1 },
        { 2, 0, 1, 0, 1 },
        { 1, 3, 1, 0, 1 },
        { 1, 100, 1, 0, 1 },
        { 1, 0, 0.7f, 0, 1 },
        { 1, 0, 0.01f, 0, 1 },
        { 1, 0, 1, 0.3f, 1 },
        { 1, 0, 1, 0, 1.5f },
        { 0.9f, 6, 0.9f, 0.2f, 1.2f },
        { 1.7f, 4, 0.8f, 0, 0.7f },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Tokens_are_drawn_as_often_as_their_probabilities_say(
        float temperature,
        int topK,
        float topP,
        float minP,
        float penalty)
    {
        var options = new GenerationOptions
        {
            Temperature = temperature,
            TopK = topK,
            TopP = topP,
            MinP = minP,
            RepetitionPenalty = penalty,
            Seed = 5
        };
        double[] expected = Probabilities(options);
        var sampler = new Sampler(options);
        var counts = new int[Logits.Length];
        for (int draw = 0; draw < Draws; draw++)
        {
            counts[sampler.Choose([.. Logits], Seen)]++;
        }

        for (int token = 0; token < counts.Length; token++)
        {
            // Four standard deviations; what has no probability is never drawn.
            double deviation = Math.Sqrt(expected[token] * (1 - expected[token]) / Draws);
            ((double)counts[token] / Draws).ShouldBe(expected[token], (4 * deviation) + 1e-9, $"token {token}");
        }
    }

    [Fact]
    public void Without_a_temperature_it_is_the_most_likely_token_and_of_equal_ones_the_first()
    {
        var greedy = new Sampler(new GenerationOptions());
        greedy.Choose([1, 7, 3, 7], []).ShouldBe(1);
        new Sampler(new GenerationOptions { Temperature = 5, TopK = 1 }).Choose([1, 7, 3, 7], []).ShouldBe(1);
        new Sampler(new GenerationOptions { RepetitionPenalty = 2 }).Choose([5, 7, -1, 3], [1, 1]).ShouldBe(0);
        new Sampler(new GenerationOptions { RepetitionPenalty = 2 }).Choose([-1.5f, -1], [1]).ShouldBe(0);
    }

    [Fact]
    public void Of_equal_tokens_no_more_are_taken_than_top_k_says()
    {
        var sampler = new Sampler(new GenerationOptions { Temperature = 1, TopK = 2, Seed = 1 });
        Enumerable.Range(0, 200).Select(_ => sampler.Choose([0, 4, 4, 4, 4], [])).Distinct().Order().ShouldBe([1, 2]);
    }

    [Fact]
    public void The_same_seed_draws_the_same_tokens_and_none_others()
    {
        int[] first = Draw(7);
        Draw(7).ShouldBe(first);
        Draw(8).ShouldNotBe(first);
        Draw(null).ShouldNotBe(Draw(null));

        static int[] Draw(int? seed)
        {
            var sampler = new Sampler(new GenerationOptions { Temperature = 1, Seed = seed });
            return [.. Enumerable.Range(0, 100).Select(_ => sampler.Choose([.. Logits], []))];
        }
    }

    [Fact]
    public void Logits_far_apart_and_the_smallest_temperatures_are_numbers_still()
    {
        foreach (float temperature in (float[])[float.Epsilon, 1e-6f, 1e30f])
        {
            new Sampler(new GenerationOptions { Temperature = temperature, TopP = 0.5f, Seed = 1 }).Choose(
                [-3e38f, 3e38f, 0],
                []).ShouldBeInRange(0, 2);
        }

        new Sampler(new GenerationOptions { Temperature = 1e-6f, Seed = 1 }).Choose([1, 1.01f, -5], []).ShouldBe(1);
    }

    /// <summary>The logits processors of transformers 4.57, in its order, in double precision.</summary>
    private static double[] Probabilities(GenerationOptions options)
    {
        double[] scores = [.. Logits.Select((logit, token) => (double)(!Seen.Contains(token)
            ? logit
            : logit < 0 ? logit * options.RepetitionPenalty : logit / options.RepetitionPenalty))];
        scores = [.. scores.Select(score => score / options.Temperature)];
        if (options.TopK > 0)
        {
            double last = scores.OrderDescending().ElementAt(Math.Min(options.TopK, scores.Length) - 1);
            scores = [.. scores.Select(score => score < last ? double.NegativeInfinity : score)];
        }

        if (options.TopP < 1)
        {
            double[] likely = Softmax(scores);
            double sum = 0;
            foreach (int token in Enumerable.Range(0, scores.Length).OrderBy(token => likely[token]).SkipLast(1))
            {
                sum += likely[token];
                scores[token] = sum <= 1 - options.TopP ? double.NegativeInfinity : scores[token];
            }
        }

        if (options.MinP > 0)
        {
            double[] likely = Softmax(scores);
            scores = [.. scores.Select(
                (score, token) => likely[token] < options.MinP * likely.Max() ? double.NegativeInfinity : score)];
        }

        return Softmax(scores);
    }

    private static double[] Softmax(double[] scores)
    {
        double[] weights = [.. scores.Select(Math.Exp)];
        return [.. weights.Select(weight => weight / weights.Sum())];
    }
}
