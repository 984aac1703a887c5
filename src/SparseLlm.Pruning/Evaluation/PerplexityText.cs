using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Evaluation;

/// <summary>A text to measure perplexity on.</summary>
/// <param name="Name">Its name in metrics and gates.</param>
/// <param name="Text">Its files.</param>
/// <param name="SequenceLength">Tokens per window; null for the smaller of 2048 and the model's maximum.</param>
/// <param name="Location">Who named it, for messages.</param>
public sealed record PerplexityText(string Name, TextSource Text, int? SequenceLength, SourceLocation Location)
{
    /// <summary>How many windows are measured, from the first one on; null for as many as the text has.</summary>
    public int? Windows { get; init; }
}
