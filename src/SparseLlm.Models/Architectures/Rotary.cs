using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>The rotary frequencies that <c>rope_theta</c> and <c>rope_scaling</c> (or <c>rope_parameters</c>) describe.</summary>
internal static class Rotary
{
    private const double DefaultTheta = 10_000;

    /// <summary>Frequencies theta^(-2c / width) of Su et al. 2021, scaled as the config says.</summary>
    public static RotaryDefinition Define(ModelConfig config, int headWidth)
    {
        if (headWidth % 2 != 0)
        {
            throw config.Invalid("head_dim", $"a head of {headWidth} channels has no pairs to rotate");
        }

        // transformers 5 puts everything into rope_parameters; before, rope_theta stood alone.
        ModelConfig? scaling = config.Object("rope_parameters") ?? config.Object("rope_scaling");
        double theta = scaling is not null && scaling.Has("rope_theta")
            ? scaling.Positive("rope_theta")
            : config.Positive("rope_theta", DefaultTheta);
        double[] frequencies = new double[headWidth / 2];
        for (int pair = 0; pair < frequencies.Length; pair++)
        {
            frequencies[pair] = Math.Pow(theta, -2.0 * pair / headWidth);
        }

        RefusePartial(config);
        if (scaling is not null)
        {
            RefusePartial(scaling);
            Scale(frequencies, scaling);
        }

        return new RotaryDefinition(frequencies);
    }

    private static void Scale(double[] frequencies, ModelConfig scaling)
    {
        string field = scaling.Has("rope_type") ? "rope_type" : "type";
        string type = scaling.Text(field, defaultValue: "default");
        scaling.Require(field, type, "default", "linear", "llama3");
        switch (type)
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
