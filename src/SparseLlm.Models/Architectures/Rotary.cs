using System.Text.Json;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>The rotary frequencies that <c>rope_theta</c> and <c>rope_scaling</c> (or <c>rope_parameters</c>) describe.</summary>
internal static class Rotary
{
    private const string Parameters = "rope_parameters";
    private const string Scaling = "rope_scaling";
    private const string Theta = "rope_theta";
    private const double DefaultTheta = 10_000;
    private const int MaximumHeadWidth = 4096;

    /// <summary>Frequencies theta^(-2c / width) of Su et al. 2021, scaled as the config says.</summary>
    public static RotaryDefinition Define(ModelConfig config, int headWidth)
    {
        if (headWidth > MaximumHeadWidth)
        {
            throw config.Invalid("head_dim", $"a head of {headWidth} channels is wider than any model has");
        }

        if (headWidth % 2 != 0)
        {
            throw config.Invalid("head_dim", $"a head of {headWidth} channels has no pairs to rotate");
        }

        RefusePartial(config);

        // transformers 5 puts everything into rope_parameters; before, rope_theta stood alone. Whoever finds both reads one of them.
        double[]? ofParameters = Frequencies(config, Parameters, headWidth);
        double[]? ofScaling = Frequencies(config, Scaling, headWidth);
        if (ofParameters is not null && ofScaling is not null && !ofParameters.SequenceEqual(ofScaling))
        {
            throw config.Invalid(Parameters, $"they contradict {Scaling}; delete what the model was not trained with");
        }

        return new RotaryDefinition(ofParameters ?? ofScaling ?? Unscaled(config.Positive(Theta, DefaultTheta), headWidth));
    }

    /// <summary>The frequencies that an object in the config describes; null if it is not there.</summary>
    private static double[]? Frequencies(ModelConfig config, string name, int headWidth)
    {
        if (config.Object(name) is not { } scaling)
        {
            return null;
        }

        string? nested = scaling.Unread.Where(field => field.Value.ValueKind == JsonValueKind.Object).Select(field => field.Name).FirstOrDefault();
        if (nested is not null)
        {
            throw config.Unsupported(name, $"parameters for each kind of layer ('{Excerpt.Of(nested)}') are not supported");
        }

        RefusePartial(scaling);
        double[] frequencies = Unscaled(ThetaOf(config, scaling, name), headWidth);
        Scale(frequencies, scaling);
        return frequencies;
    }

    private static double ThetaOf(ModelConfig config, ModelConfig scaling, string name)
    {
        double theta = config.Positive(Theta, DefaultTheta);
        if (!scaling.Has(Theta))
        {
            return theta;
        }

        double own = scaling.Positive(Theta);
        return own == theta || !config.Has(Theta)
            ? own
            : throw config.Invalid(Theta, $"it contradicts {name}.{Theta}; delete the one that the model was not trained with");
    }

    private static double[] Unscaled(double theta, int headWidth)
    {
        double[] frequencies = new double[headWidth / 2];
        for (int pair = 0; pair < frequencies.Length; pair++)
        {
            frequencies[pair] = Math.Pow(theta, -2.0 * pair / headWidth);
        }

        return frequencies;
    }

    private static void Scale(double[] frequencies, ModelConfig scaling)
    {
        switch (TypeOf(scaling))
        {
            case "linear":
                double factor = scaling.Positive("factor");
                for (int pair = 0; pair < frequencies.Length; pair++)
                {
                    frequencies[pair] /= factor;
                }

                break;
            case "llama3":
                ScaleLlama3(frequencies, scaling);
                break;
        }
    }

    /// <summary>The kind of scaling; older files call it <c>type</c>, and some have both.</summary>
    private static string TypeOf(ModelConfig scaling)
    {
        string field = scaling.Has("rope_type") || !scaling.Has("type") ? "rope_type" : "type";
        string type = scaling.Text(field, defaultValue: scaling.Has("factor") ? null : "default");
        scaling.Require(field, type, "default", "linear", "llama3");
        scaling.Require("type", scaling.Text("type", defaultValue: type), type);
        return type;
    }

    /// <summary>Llama 3.1: long wavelengths are stretched, short ones kept, those in between interpolated.</summary>
    private static void ScaleLlama3(double[] frequencies, ModelConfig scaling)
    {
        double factor = scaling.Positive("factor");
        double low = scaling.Positive("low_freq_factor");
        double high = scaling.Positive("high_freq_factor");
        double originalLength = scaling.Positive("original_max_position_embeddings");
        if (high <= low)
        {
            throw scaling.Invalid("high_freq_factor", "it must be above low_freq_factor");
        }

        for (int pair = 0; pair < frequencies.Length; pair++)
        {
            // How often the pair turns over the original length.
            double turns = originalLength * frequencies[pair] / (2 * Math.PI);
            double keep = Math.Clamp((turns - low) / (high - low), 0, 1);
            frequencies[pair] *= keep + (1 - keep) / factor;
        }
    }

    private static void RefusePartial(ModelConfig config)
    {
        double share = config.Positive("partial_rotary_factor", defaultValue: 1);
        if (share != 1)
        {
            throw config.Unsupported("partial_rotary_factor", "heads that are rotated in part are not supported");
        }
    }
}
