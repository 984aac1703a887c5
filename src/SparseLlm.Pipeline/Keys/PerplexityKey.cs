using SparseLlm.Pipeline.Digests;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Keys;

/// <summary>The key of a text to measure perplexity on: its files, how they are read, and the window length.</summary>
internal static class PerplexityKey
{
    /// <summary>The key.</summary>
    /// <param name="text">The text.</param>
    /// <param name="modelMaximum">The longest sequence of the model.</param>
    /// <param name="files">Gives the digests of the files.</param>
    /// <param name="model">The digests of the dense model's files, whose chat template makes text of
    /// conversations.</param>
    public static string Of(
        PerplexityText text,
        int modelMaximum,
        InputFiles files,
        IReadOnlyDictionary<string, string> model)
    {
        using var key = new KeyBuilder("perplexity", 1);
        key.Add("sequenceLength", text.SequenceLength ?? CalibrationTokens.DefaultSequenceLength(modelMaximum));
        if (text.Windows is { } windows)
        {
            key.Add("windows", windows);
        }

        foreach ((string name, string value) in TextInputs.Of(text.Text))
        {
            key.Add(name, value);
        }

        if (text.Text.Chat is not null)
        {
            key.Add("template", ChatTemplateDigest.Of(model));
        }

        foreach (string path in text.Text.Paths)
        {
            key.Add("text", files.Of(path));
            if (TextFormats.Of(path) is not TextFormat.Text and var format)
            {
                key.Add("format", format.ToString());
            }

            if (TextFormats.CompressionOf(path) is not TextCompression.None and var compression)
            {
                key.Add("compression", compression.ToString());
            }
        }

        return key.Build();
    }
}
