using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Recipes;

/// <summary>A text to measure perplexity on.</summary>
/// <param name="Name">Its name in metrics and gates.</param>
/// <param name="Text">Its files.</param>
/// <param name="SequenceLength">Tokens per window; null for the smaller of 2048 and the model's maximum.</param>
/// <param name="Location">Where the recipe names it.</param>
public sealed record PerplexityRecipe(string Name, TextSource Text, int? SequenceLength, SourceLocation Location)
{
    /// <summary>How many windows are measured, from the first one on; null for as many as the text has.</summary>
    public int? Windows { get; init; }
}
