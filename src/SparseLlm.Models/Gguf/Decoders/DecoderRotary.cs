using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Gguf.Decoders;

/// <summary>The rotary embeddings of a decoder, by the parameters that GGUF has for them.</summary>
internal static class DecoderRotary
{
    private const double Tolerance = 1e-9;

    /// <summary>The embedding of the layers that see everything, or else of all; null where none turns.</summary>
    public static RotaryDefinition? Of(ModelDefinition model)
        => Attentions(model).OrderByDescending(attention => attention.Window)
            .Select(attention => attention.Rotary).FirstOrDefault(rotary => rotary is not null);

    /// <summary>The embedding of layers with a window, where it is another.</summary>
    public static RotaryDefinition? OfWindows(ModelDefinition model)
    {
        RotaryDefinition? rotary = Attentions(model).OrderBy(attention => attention.Window)
            .Select(attention => attention.Rotary)
            .FirstOrDefault(rotary => rotary is not null);
        return rotary is null || rotary.IsSameAs(Of(model)!) ? null : rotary;
    }

    /// <summary>The attention of each layer.</summary>
    public static IEnumerable<AttentionDefinition> Attentions(ModelDefinition model)
        => model.Layers.SelectMany(layer => layer.Blocks).Select(block => block.Mixer).OfType<AttentionDefinition>();

    /// <summary>The one factor by which all frequencies are divided; null where they are divided by several.</summary>
    public static double? Factor(RotaryDefinition rotary)
    {
        double[] factors = [.. rotary.InverseFrequencies
            .Select((frequency, pair) => rotary.Unscaled(pair) / frequency)];
        return factors.All(factor => Math.Abs(factor / factors[0] - 1) < Tolerance) ? factors[0] : null;
    }

    /// <summary>YaRN's parameters, where they scale as llama.cpp does, which has only one pair of bounds for
    /// it.</summary>
    public static YarnScaling? Yarn(RotaryDefinition rotary)
        => rotary.Yarn is { BetaFast: 32, BetaSlow: 1 } yarn ? yarn : null;

    /// <summary>Whether the frequencies are scaled in a way that only a factor for each of them says.</summary>
    public static bool NeedsFactors(RotaryDefinition rotary)
        => Yarn(rotary) is null && rotary.Long is null && Factor(rotary) is null;
}
