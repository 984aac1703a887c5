using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes;

/// <summary>A limit on the perplexity of the result.</summary>
/// <param name="Perplexity">The name of the perplexity it is about.</param>
/// <param name="MaxIncrease">The largest increase relative to the dense model (0.25 for 25 %), or null.</param>
/// <param name="Max">The largest perplexity, or null.</param>
/// <param name="Location">Where the recipe says so.</param>
public sealed record GateRecipe(string Perplexity, double? MaxIncrease, double? Max, SourceLocation Location)
{
    /// <summary>What a miss is: an error, or a warning.</summary>
    public Severity Severity { get; init; } = Severity.Error;
}
