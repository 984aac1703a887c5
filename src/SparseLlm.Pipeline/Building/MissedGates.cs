using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Building;

/// <summary>The gates that an artifact misses, in one diagnostic for those that fail the build and one for those that
/// do not.</summary>
internal static class MissedGates
{
    /// <summary>The diagnostics; none where all gates are met.</summary>
    public static IEnumerable<Diagnostic> Of(ArtifactRecipe artifact, ArtifactOutcome outcome) =>
        from result in outcome.Gates
        where !result.IsMet
        group result by result.Severity into missed
        let gates = missed.GroupBy(result => result.Perplexity).ToArray()
        select (PipelineDiagnostics.GateMissed with { Severity = missed.Key }).At(
            artifact.Gates.First(
                gate => (gate as PerplexityGate)?.Perplexity == gates[0].Key && gate.Severity == missed.Key).Location,
            $"'{artifact.Name}' misses {Count(missed.Count(), outcome.Gates.Count)}: "
            + $"{string.Join("; ", gates.Select(gate => Describe(gate, outcome.Manifest)))}");

    private static string Count(int missed, int all) =>
        all == 1 ? "its gate" : FormattableString.Invariant($"{missed} of its {all} gates");

    private static string Describe(IGrouping<string?, GateResult> missed, ArtifactManifest manifest)
    {
        string finding = missed.Key is { } text
            ? Describe(text, manifest.Perplexity[text])
            : Describe(manifest.Size!, manifest.Encoding);
        return $"{finding} (allowed: {string.Join(", ", missed.Select(gate => gate.Limit))})";
    }

    private static string Describe(string text, PerplexityReport report) =>
        $"the perplexity on '{text}' is {Figures.Perplexity(report.Pruned)}, {Figures.Change(report.Increase)} from "
        + $"the dense model's {Figures.Perplexity(report.Dense)}";

    private static string Describe(SizeReport size, CheckpointEncoding encoding)
    {
        long bytes = size.OnDisk(encoding);
        string packed = encoding == CheckpointEncoding.Dense && size.Packed is { } other
            ? $", and would take {Figures.Bytes(other.Bytes)} with 'encoding: sparse'"
            : "";
        return $"the weights take {Figures.Bytes(bytes)}, {Figures.Share((double)bytes / size.Dense)} of the dense "
            + $"model's {Figures.Bytes(size.Dense)}{packed}";
    }
}
