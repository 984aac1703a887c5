using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Sections;

/// <summary>How well the pruned model does beside the dense one, and whether that is good enough.</summary>
internal static class PerplexitySection
{
    private static readonly Table Perplexities = new(
        "Perplexity before and after",
        "Text",
        "Dense#",
        "Pruned#",
        "Change#",
        "Tokens#",
        "Windows#");
    private static readonly Table Gates = new("Gates", "Gate on", "Limit", "Measured#", "Result");

    /// <summary>The section.</summary>
    public static Section Of(ArtifactManifest manifest, IReadOnlyList<GateResult> gates) =>
        new("perplexity", manifest.Perplexity.Count == 0
            ? "Gates"
            : "Perplexity", manifest.Perplexity.Count == 0 && gates.Count == 0
            ? Html.Empty
            : Html.Of($"{(manifest.Perplexity.Count == 0 ? Html.Empty : Measured(manifest))}{(gates.Count == 0 ? Html.Empty : Compared(gates))}"));

    /// <summary>Whether gates are met, not by colour alone.</summary>
    public static Html Verdict(params IReadOnlyList<GateResult> gates)
    {
        GateResult[] missed = [.. gates.Where(gate => !gate.IsMet)];
        return missed.Length == 0 ? Html.Of($"""<strong class="met">✓ met</strong>""")
            : missed.Any(gate => gate.Severity == Severity.Error)
                ? Html.Of($"""<strong class="missed">✗ missed</strong>""")
                : Html.Of($"""<strong class="missed">✗ missed</strong> (warning)""");
    }

    private static Html Measured(ArtifactManifest manifest)
        => Perplexities.With(manifest.Perplexity.Select(entry => (Html[])
    [
        entry.Key, Figures.Perplexity(entry.Value.Dense), Figures.Perplexity(entry.Value.Pruned), Figures.Change(
            entry.Value.Increase),
        Figures.Count(entry.Value.Tokens), Figures.Count(entry.Value.Windows),
    ]));

    private static Html Compared(IReadOnlyList<GateResult> gates) =>
        Gates.With(gates.Select(gate => (Html[])[gate.Subject, gate.Limit, gate.Value, Verdict(gate)]));
}
