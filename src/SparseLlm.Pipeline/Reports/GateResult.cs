using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary>How an artifact does on one limit of a gate.</summary>
/// <param name="Perplexity">The name of the perplexity.</param>
/// <param name="Limit">What is allowed, in words.</param>
/// <param name="Value">What was measured, in words.</param>
/// <param name="IsMet">Whether it holds.</param>
internal sealed record GateResult(string Perplexity, string Limit, string Value, bool IsMet)
{
    /// <summary>Whether it holds, in Markdown.</summary>
    public Markdown Verdict => IsMet ? Markdown.Of($"✓ met") : Markdown.Of($"✗ **missed**");

    /// <summary>The limits of an artifact's gates, in the order of the recipe; those on texts that were not measured are left out.</summary>
    public static IReadOnlyList<GateResult> Of(IEnumerable<GateRecipe> gates, ArtifactManifest manifest) =>
        [.. gates.SelectMany(gate => manifest.Perplexity.TryGetValue(gate.Perplexity, out PerplexityReport? report) ? Of(gate, report) : [])];

    private static IEnumerable<GateResult> Of(GateRecipe gate, PerplexityReport report)
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
