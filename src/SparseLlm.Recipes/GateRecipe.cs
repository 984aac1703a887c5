using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes;

/// <summary>What must hold of the result.</summary>
/// <param name="Location">Where the recipe says so.</param>
public abstract record GateRecipe(SourceLocation Location)
{
    /// <summary>What a miss is: an error, or a warning.</summary>
    public Severity Severity { get; init; } = Severity.Error;
}

/// <summary>A limit on the perplexity of the result.</summary>
/// <param name="Perplexity">The name of the perplexity it is about.</param>
/// <param name="MaxIncrease">The largest increase relative to the dense model (0.25 for 25 %), or null.</param>
/// <param name="Max">The largest perplexity, or null.</param>
/// <param name="Location">Where the recipe says so.</param>
public sealed record PerplexityGate(
    string Perplexity,
    double? MaxIncrease,
    double? Max,
    SourceLocation Location) : GateRecipe(Location);

/// <summary>A limit on what the weights of the result take on disk: bytes, or a share of what those of the dense model
/// take.</summary>
/// <param name="Bytes">The most bytes; null where it is a share.</param>
/// <param name="Share">The largest share (0.45 for 45 %); null where it is bytes.</param>
/// <param name="Location">Where the recipe says so.</param>
public sealed record SizeGate(long? Bytes, double? Share, SourceLocation Location) : GateRecipe(Location);
