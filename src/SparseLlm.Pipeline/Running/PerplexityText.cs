using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pipeline.Running;

/// <summary>A text to measure perplexity on.</summary>
/// <param name="Name">Its name in metrics and gates.</param>
/// <param name="Text">Its files.</param>
/// <param name="SequenceLength">Tokens per window; null for the smaller of 2048 and the model's maximum.</param>
/// <param name="Location">Who named it, for messages.</param>
public sealed record PerplexityText(string Name, TextSource Text, int? SequenceLength, SourceLocation Location)
{
    /// <summary>How many windows are measured, from the first one on; null for as many as the text has.</summary>
    public int? Windows { get; init; }

    /// <summary>The key of the text, how it is read, and the window length.</summary>
    /// <param name="modelMaximum">The longest sequence of the model.</param>
    /// <param name="files">Gives the digests of the files.</param>
    /// <param name="model">The digests of the dense model's files, whose chat template makes text of
    /// conversations.</param>
    public string Key(int modelMaximum, InputFiles files, IReadOnlyDictionary<string, string> model)
    {
        using var key = new KeyBuilder("perplexity", 1);
        key.Add("sequenceLength", SequenceLength ?? CalibrationTokens.DefaultSequenceLength(modelMaximum));
        if (Windows is { } windows)
        {
            key.Add("windows", windows);
        }

        foreach ((string name, string value) in TextInputs.Of(Text))
        {
            key.Add(name, value);
        }

        if (Text.Chat is not null)
        {
            key.Add("template", ChatTemplateDigest.Of(model));
        }

        foreach (string path in Text.Paths)
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
