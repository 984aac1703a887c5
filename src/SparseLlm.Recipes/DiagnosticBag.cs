using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes;

/// <summary>Collects what is wrong with a recipe while reading goes on.</summary>
internal sealed class DiagnosticBag
{
    // Who has made more mistakes than this has made one of another kind, such as a wrong file.
    private const int MostShown = 100;
    private const int LongestMessage = 1000;

    // A set, because what an alias repeats is wrong only once.
    private readonly HashSet<Diagnostic> diagnostics = [];

    /// <summary>Whether a recipe can still come out.</summary>
    public bool HasErrors => diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error);

    /// <summary>Whether a mistake of a kind was reported.</summary>
    public bool Has(DiagnosticDescriptor descriptor)
        => diagnostics.Any(diagnostic => diagnostic.Descriptor == descriptor);

    /// <summary>What was reported, in the order of the file; of a great many the first errors, and how many more there
    /// are.</summary>
    public IReadOnlyList<Diagnostic> InFileOrder
    {
        get
        {
            Diagnostic[] ordered = [.. diagnostics.OrderByDescending(diagnostic => diagnostic.Severity).ThenBy(Line)
                .ThenBy(Column)];
            IEnumerable<Diagnostic> shown = ordered.Take(MostShown).OrderBy(Line).ThenBy(Column);
            return ordered.Length <= MostShown
                ? [.. shown]
                : [.. shown, RecipeDiagnostics.MoreMistakes.At(
                    ordered[MostShown].Location, FormattableString.Invariant(
                        $"{ordered.Length - MostShown} more mistakes are not shown; correct these first"))];
        }
    }

    /// <summary>Reports a mistake.</summary>
    public void Add(DiagnosticDescriptor descriptor, SourceLocation location, string message) =>
        diagnostics.Add(descriptor.At(location, Shortened(message)));

    // A message quotes what the file says, however long that is, and advises at its end.
    private static string Shortened(string message) => message.Length <= LongestMessage
        ? message
        : $"{message.AsSpan(0, LongestMessage / 2)} ... {message.AsSpan(message.Length - LongestMessage / 2)}";

    private static int? Line(Diagnostic diagnostic) => diagnostic.Location?.Line;

    private static int? Column(Diagnostic diagnostic) => diagnostic.Location?.Column;
}
