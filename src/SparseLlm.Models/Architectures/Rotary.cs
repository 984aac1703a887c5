using System.Text.Json;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Architectures;

/// <summary>The rotary embedding that <c>rope_theta</c> and <c>rope_scaling</c> (or <c>rope_parameters</c>)
/// describe.</summary>
internal static class Rotary
{
    private const string Parameters = "rope_parameters";
    private const string Scaling = "rope_scaling";
    private const int MaximumHeadWidth = 4096;

    /// <summary>The frequencies of a config, scaled as it says.</summary>
    public static RotaryDefinition Define(ModelConfig config, int headWidth, RotaryStyle style)
    {
        // transformers 5 puts everything into rope_parameters; before, rope_theta stood alone. Whoever finds both reads
        // one of them.
        RotaryDefinition? ofParameters = Described(config, Parameters, headWidth, style);
        RotaryDefinition? ofScaling = Described(config, Scaling, headWidth, style);
        return ofParameters is null || ofScaling is null || ofParameters.IsSameAs(ofScaling)
            ? ofParameters ?? ofScaling ?? Unscaled(config, [config], headWidth, style)
            : throw config.Invalid(
                Parameters,
                $"they contradict {Scaling}; delete what the model was not trained with");
    }

    /// <summary>What the parameters of one kind of layer describe.</summary>
    public static RotaryDefinition OfLayers(
        ModelConfig parameters,
        ModelConfig config,
        int headWidth,
        RotaryStyle style) =>
        RotaryScaling.Apply(Unscaled(config, [parameters], headWidth, style), parameters, config);

    /// <summary>Frequencies theta^(-2c / width) of Su et al. 2021 for the first <paramref name="width"/> channels of a
    /// head.</summary>
    public static RotaryDefinition Unscaled(
        ModelConfig config,
        double theta,
        int width,
        int headWidth,
        RotaryPairing pairing,
        string field = "head_dim")
    {
        if (headWidth > MaximumHeadWidth)
        {
            throw config.Invalid(field, $"a head of {headWidth} channels is wider than any model has");
        }

        if (width % 2 != 0 || width == 0)
        {
            throw config.Invalid(
                field,
                $"a head of {headWidth} channels, of which {width} turn, has no pairs to rotate");
        }

        double[] frequencies = new double[width / 2];
        for (int pair = 0; pair < frequencies.Length; pair++)
        {
            frequencies[pair] = Math.Pow(theta, -2.0 * pair / width);
        }

        return new RotaryDefinition(frequencies, pairing) { Theta = theta };
    }

    /// <summary>What an object in the config describes; null if it is not there.</summary>
    private static RotaryDefinition? Described(ModelConfig config, string name, int headWidth, RotaryStyle style)
    {
        if (config.Object(name) is not { } scaling)
        {
            return null;
        }

        string? nested = scaling.Unread.Where(field => field.Value.ValueKind == JsonValueKind.Object)
            .Select(field => field.Name)
            .FirstOrDefault();
        return nested is null
            ? RotaryScaling.Apply(Unscaled(config, [scaling, config], headWidth, style), scaling, config)
            : throw config.Unsupported(
                name,
                $"parameters for each kind of layer ('{Excerpt.Of(nested)}') are not supported");
    }

    private static RotaryDefinition Unscaled(ModelConfig config, ModelConfig[] places, int headWidth, RotaryStyle style)
    {
        double theta = Agreed(places, style.ThetaFields) ?? style.DefaultTheta;
        double share = Agreed(places, style.ShareFields) ?? style.DefaultShare ?? 1;
        if (share > 1)
        {
            throw config.Invalid(
                style.ShareFields[0],
                FormattableString.Invariant($"{share} is more than a whole head"));
        }

        if (share != 1 && style.DefaultShare is null)
        {
            throw config.Unsupported(style.ShareFields[0], "heads that are rotated in part are not supported here");
        }

        return Unscaled(config, theta, (int)(headWidth * share), headWidth, style.Pairing);
    }

    /// <summary>The value of a field that may stand in several places under several names, and then must be the same in
    /// all; null if it is in none.</summary>
    private static double? Agreed(ModelConfig[] places, IReadOnlyList<string> names)
    {
        double? agreed = null;
        string first = "";
        foreach (ModelConfig place in places)
        {
            foreach (string name in names.Where(place.Has))
            {
                double value = place.Positive(name);
                if (agreed is not null && value != agreed)
                {
                    throw place.Invalid(
                        name,
                        $"it contradicts {first}; delete the one that the model was not trained with");
                }

                if (agreed is null)
                {
                    (agreed, first) = (value, place.PathOf(name));
                }
            }
        }

        return agreed;
    }
}
