using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary>How an artifact does on one limit of a gate.</summary>
/// <param name="Perplexity">The name of the perplexity.</param>
/// <param name="Limit">What is allowed, in words.</param>
/// <param name="Value">What was measured, in words.</param>
/// <param name="IsMet">Whether it holds.</param>
public sealed record GateResult(string Perplexity, string Limit, string Value, bool IsMet)
{
    /// <summary>What a miss is: an error, or a warning.</summary>
    public Severity Severity { get; init; } = Severity.Error;

    /// <summary>Whether it holds, in Markdown.</summary>
    internal Markdown Verdict => IsMet ? Markdown.Of($"✓ met") : Severity == Severity.Error ? Markdown.Of($"✗ **missed**") : Markdown.Of($"✗ **missed** (warning)");

    /// <summary>The limits of an artifact's gates, in the order of the recipe; those on texts that were not measured are left out.</summary>
    public static IReadOnlyList<GateResult> Of(IEnumerable<GateRecipe> gates, ArtifactManifest manifest) =>
        [.. gates.SelectMany(gate => manifest.Perplexity.TryGetValue(gate.Perplexity, out PerplexityReport? report) ? Of(gate, report) : [])];

    private static IEnumerable<GateResult> Of(GateRecipe gate, PerplexityReport report) =>
        Limits(gate, report).Select(result => result with { Severity = gate.Severity });

    private static IEnumerable<GateResult> Limits(GateRecipe gate, PerplexityReport report)
    {
        if (gate.MaxIncrease is { } increase)
        {
            yield return new GateResult(
                gate.Perplexity, $"at most {Figures.Change(increase)} over dense", Figures.Change(report.Increase), report.Increase <= increase);
        }

        if (gate.Max is { } max)
        {
            yield return new GateResult(gate.Perplexity, $"at most {Figures.Perplexity(max)}", Figures.Perplexity(report.Pruned), report.Pruned <= max);
        }
    }
}
