using SparseLlm.Diagnostics;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Gguf.Decoders;

/// <summary>Where llama.cpp is known to compute something else than a model says, though it runs it. Small differences,
/// such as its one form of GELU, are none.</summary>
internal static class Deviations
{
    /// <summary>Those of a model, as warnings.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dialect">How its family is written.</param>
    /// <param name="location">The model's directory.</param>
    public static IEnumerable<Diagnostic> Of(ModelDefinition model, GgufDialect dialect, SourceLocation location)
    {
        int window = DecoderRotary.Attentions(model).Min(attention => attention.Window);
        RotaryDefinition? rotary = DecoderRotary.Of(model);
        if (dialect.WindowPeriod == 0 && window < model.MaximumLength)
        {
            yield return Of($"llama.cpp has no sliding window for a {model.Architecture}: each token sees all tokens "
                + $"before it, where the model sees the last {window}. Keep texts to {window} tokens, or check what "
                + $"you get");
        }

        if (rotary is not null && DecoderRotary.Yarn(rotary) is { Truncates: false })
        {
            yield return Of("llama.cpp rounds which pairs YaRN stretches, and this model does not ('truncate': false), "
                + "so logits differ a little at all positions. Check what you get");
        }

        if (rotary?.Long is { Beyond: int length })
        {
            yield return Of($"llama.cpp takes the frequencies for long texts wherever its context is larger than "
                + $"{length} tokens, where the model goes by the length of the text. Open it with a context of "
                + $"{length} for texts up to that length");
        }

        Diagnostic Of(string message) => GgufDiagnostics.OtherResults.At(location, message);
    }
}
