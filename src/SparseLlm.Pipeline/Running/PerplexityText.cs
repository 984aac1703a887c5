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
    /// <summary>The key of the text, how it is read, and the window length.</summary>
    /// <param name="modelMaximum">The longest sequence of the model.</param>
    /// <param name="files">Gives the digests of the files.</param>
    public string Key(int modelMaximum, InputFiles files)
    {
        using var key = new KeyBuilder("perplexity", 1);
        key.Add("sequenceLength", SequenceLength ?? CalibrationTokens.DefaultSequenceLength(modelMaximum)).Add("field", Text.Field);
        foreach (string path in Text.Paths)
        {
            key.Add("text", files.Of(path));
            if (TextFormats.Of(path) is not TextFormat.Text and var format)
            {
                key.Add("format", format.ToString());
            }
        }

        return key.Build();
    }
}
