using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Running;

/// <summary>The gates that an artifact misses, in one diagnostic for those that fail the build and one for those that do not.</summary>
internal static class MissedGates
{
    /// <summary>The diagnostics; none where all gates are met.</summary>
    public static IEnumerable<Diagnostic> Of(ArtifactRecipe artifact, ArtifactOutcome outcome) =>
        from result in outcome.Gates
        where !result.IsMet
        group result by result.Severity into missed
        let gates = missed.GroupBy(result => result.Perplexity).ToArray()
        select (PipelineDiagnostics.GateMissed with { Severity = missed.Key }).At(
            artifact.Gates.First(gate => gate.Perplexity == gates[0].Key && gate.Severity == missed.Key).Location,
            $"'{artifact.Name}' misses {Count(missed.Count(), outcome.Gates.Count)}: {string.Join("; ", gates.Select(gate => Describe(gate, outcome.Manifest.Perplexity[gate.Key])))}");

    private static string Count(int missed, int all) =>
        all == 1 ? "its gate" : FormattableString.Invariant($"{missed} of its {all} gates");

    private static string Describe(IGrouping<string, GateResult> missed, PerplexityReport report) =>
        $"the perplexity on '{missed.Key}' is {Figures.Perplexity(report.Pruned)}, {Figures.Change(report.Increase)} from the dense model's {Figures.Perplexity(report.Dense)} (allowed: {string.Join(", ", missed.Select(gate => gate.Limit))})";
}
