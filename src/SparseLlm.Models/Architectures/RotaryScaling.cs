using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>The rules by which a rotary embedding is made to reach further than the sequences that a model was first
/// trained with.</summary>
internal static class RotaryScaling
{
    private const string OriginalLength = "original_max_position_embeddings";
    private const string Length = "max_position_embeddings";

    /// <summary>An embedding scaled as the config says.</summary>
    /// <param name="rotary">The unscaled one.</param>
    /// <param name="scaling">The object that says how.</param>
    /// <param name="config">The config in which it is.</param>
    public static RotaryDefinition Apply(
        RotaryDefinition rotary,
        ModelConfig scaling,
        ModelConfig config) => TypeOf(scaling) switch
        {
            "linear" => Linear(rotary, scaling.Positive("factor")),
            "dynamic" => Dynamic(rotary, scaling),
            "llama3" => Llama3(rotary, scaling),
            "yarn" => Yarn(rotary, scaling, config),
            "longrope" or "su" => LongRope(rotary, scaling, config),
            _ => rotary,
        };

    /// <summary>The kind of scaling; older files call it <c>type</c>, and some have both.</summary>
    private static string TypeOf(ModelConfig scaling)
    {
        string field = scaling.Has("rope_type") || !scaling.Has("type") ? "rope_type" : "type";
        string type = scaling.Text(field, defaultValue: scaling.Has("factor") ? null : "default");
        scaling.Require(field, type, "default", "linear", "dynamic", "llama3", "yarn", "longrope", "su");
        scaling.Require("type", scaling.Text("type", defaultValue: type), type);
        return type;
    }

    private static RotaryDefinition Linear(RotaryDefinition rotary, double factor) =>
        rotary with { InverseFrequencies = [.. rotary.InverseFrequencies.Select(frequency => frequency / factor)] };

    /// <summary>The base grows with sequences beyond the model's maximum, and longer ones are refused: so it does
    /// not.</summary>
    private static RotaryDefinition Dynamic(RotaryDefinition rotary, ModelConfig scaling)
    {
        scaling.Positive("factor");
        return scaling.Has("alpha")
            ? throw scaling.Unsupported("alpha", "a base that grows by it is not supported")
            : rotary;
    }

    /// <summary>Llama 3.1: long wavelengths are stretched, short ones kept, those in between interpolated.</summary>
    private static RotaryDefinition Llama3(RotaryDefinition rotary, ModelConfig scaling)
    {
        double factor = scaling.Positive("factor");
        double low = scaling.Positive("low_freq_factor");
        double high = scaling.Positive("high_freq_factor");
        double originalLength = scaling.Positive(OriginalLength);
        return high <= low
            ? throw scaling.Invalid("high_freq_factor", "it must be above low_freq_factor")
            : rotary with { InverseFrequencies = [.. rotary.InverseFrequencies.Select(Scaled)] };

        double Scaled(double frequency)
        {
            // How often the pair turns over the original length.
            double turns = originalLength * frequency / (2 * Math.PI);
            double keep = Math.Clamp((turns - low) / (high - low), 0, 1);
            return frequency * (keep + (1 - keep) / factor);
        }
    }

    /// <summary>
    /// YaRN (Peng et al. 2023, arXiv 2309.00071): pairs that turn often over the original length are kept, those that
    /// turn seldom stretched, those in between interpolated by their place; and attention is made sharper.
    /// </summary>
    private static RotaryDefinition Yarn(RotaryDefinition rotary, ModelConfig scaling, ModelConfig config)
    {
        YarnScaling yarn = new(
            scaling.Positive("factor"),
            scaling.Has(OriginalLength) ? scaling.Positive(OriginalLength) : config.Positive(Length),
            scaling.Positive("beta_fast", defaultValue: 32),
            scaling.Positive("beta_slow", defaultValue: 1),
            scaling.Flag("truncate", defaultValue: true));
        int pairs = rotary.InverseFrequencies.Count;
        double first = Place(yarn.BetaFast);
        double last = Place(yarn.BetaSlow);
        if (yarn.Truncates)
        {
            (first, last) = (Math.Floor(first), Math.Ceiling(last));
        }

        (first, last) = (Math.Max(first, 0), Math.Min(last, 2 * pairs - 1));
        double width = first == last ? 0.001 : last - first;
        return rotary with
        {
            InverseFrequencies = [.. rotary.InverseFrequencies.Select((frequency, pair) =>
            {
                double stretched = Math.Clamp((pair - first) / width, 0, 1);
                return frequency * (1 - stretched + stretched / yarn.Factor);
            })],
            Factor = YarnFactor(scaling, yarn.Factor),
            Yarn = yarn,
        };

        // A pair's place is a logarithm of how often it turns.
        double Place(double turns)
            => pairs * Math.Log(yarn.OriginalLength / (turns * 2 * Math.PI)) / Math.Log(rotary.Theta);
    }

    private static double YarnFactor(ModelConfig scaling, double factor)
    {
        if (scaling.Has("attention_factor"))
        {
            return scaling.Positive("attention_factor");
        }

        return scaling.Has("mscale") && scaling.Has("mscale_all_dim")
            ? Sharper(scaling.Positive("mscale")) / Sharper(scaling.Positive("mscale_all_dim"))
            : Sharper(1);

        double Sharper(double scale) => factor <= 1 ? 1 : 0.1 * scale * Math.Log(factor) + 1;
    }

    /// <summary>LongRoPE (Ding et al. 2024, arXiv 2402.13753): a factor for each pair, of short sequences and of long
    /// ones.</summary>
    private static RotaryDefinition LongRope(RotaryDefinition rotary, ModelConfig scaling, ModelConfig config)
    {
        ModelConfig place = scaling.Has(OriginalLength) ? scaling : config;
        int length = config.Count(Length);
        int original = place.Count(OriginalLength, defaultValue: length);
        return rotary with
        {
            InverseFrequencies = Divided("short_factor"),
            Factor = LongRopeFactor(scaling, place.Has(OriginalLength) || !scaling.Has("factor")
                ? (double)length / original
                : scaling.Positive("factor"), original),
            Long = new LongRotary(original, Divided("long_factor")),
        };

        double[] Divided(string field)
        {
            IReadOnlyList<double> factors = scaling.Positives(field);
            return factors.Count == rotary.InverseFrequencies.Count
                ? [.. rotary.InverseFrequencies.Zip(factors, (frequency, factor) => frequency / factor)]
                : throw scaling.Invalid(field, $"the list of {factors.Count} is not one of the "
                    + $"{rotary.InverseFrequencies.Count} pairs of a head that turn");
        }
    }

    private static double LongRopeFactor(ModelConfig scaling, double factor, int original)
    {
        double usual = factor <= 1 || original == 1 ? 1 : Math.Sqrt(1 + Math.Log(factor) / Math.Log(original));
        return scaling.Positive("attention_factor", defaultValue: usual);
    }
}
