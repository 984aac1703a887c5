using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes.Reading;

/// <summary>Collects what is wrong with a recipe while reading goes on.</summary>
internal sealed class DiagnosticBag
{
    // A set, because what an alias repeats is wrong only once.
    private readonly HashSet<Diagnostic> diagnostics = [];

    /// <summary>Whether a recipe can still come out.</summary>
    public bool HasErrors => diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error);

    /// <summary>Everything reported, in the order of the file.</summary>
    public IReadOnlyList<Diagnostic> InFileOrder =>
        [.. diagnostics.OrderBy(diagnostic => diagnostic.Location?.Line).ThenBy(diagnostic => diagnostic.Location?.Column)];

    /// <summary>Reports a mistake.</summary>
    public void Add(DiagnosticDescriptor descriptor, SourceLocation location, string message) =>
        diagnostics.Add(descriptor.At(location, message));
}
