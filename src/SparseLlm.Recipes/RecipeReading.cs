using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes;

/// <summary>What came of reading a recipe.</summary>
/// <param name="Recipe">The recipe; null if there is any error.</param>
/// <param name="Diagnostics">Every mistake and warning, in the order of the file.</param>
public sealed record RecipeReading(Recipe? Recipe, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>The recipe, for callers that cannot go on without one.</summary>
    /// <exception cref="DiagnosticException">There is an error; holds every diagnostic, warnings included.</exception>
    public Recipe Require() => Recipe ?? throw new DiagnosticException(Diagnostics);
}
