using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary>How an artifact does on one limit of a gate.</summary>
/// <param name="Perplexity">The name of the perplexity; null where it is about the size.</param>
/// <param name="Limit">What is allowed, in words.</param>
/// <param name="Value">What was measured, in words.</param>
/// <param name="IsMet">Whether it holds.</param>
internal sealed record GateResult(string? Perplexity, string Limit, string Value, bool IsMet)
{
    /// <summary>What a miss is: an error, or a warning.</summary>
    public Severity Severity { get; init; } = Severity.Error;

    /// <summary>What it is about.</summary>
    internal string Subject => Perplexity ?? "size on disk";

    /// <summary>Whether it holds, in Markdown.</summary>
    internal Markdown Verdict => IsMet
        ? Markdown.Of($"✓ met")
        : Severity == Severity.Error ? Markdown.Of($"✗ **missed**") : Markdown.Of($"✗ **missed** (warning)");

    /// <summary>The limits of an artifact's gates, in the order of the recipe; those on texts that were not measured
    /// are left out.</summary>
    public static IReadOnlyList<GateResult> Of(IEnumerable<GateRecipe> gates, ArtifactManifest manifest) =>
        [.. gates.SelectMany(
            gate => Limits(gate, manifest).Select(result => result with { Severity = gate.Severity }))];

    /// <summary>The limits that are shown beside a perplexity: those on it, and those on the size beside the first
    /// one.</summary>
    /// <param name="results">The limits of an artifact.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="perplexity">The name of the perplexity; null where none was measured.</param>
    public static GateResult[] Beside(IEnumerable<GateResult> results, ArtifactManifest manifest, string? perplexity) =>
        [.. results.Where(result => result.Perplexity == perplexity
            || (result.Perplexity is null && perplexity == manifest.Perplexity.Keys.FirstOrDefault()))];

    private static IEnumerable<GateResult> Limits(GateRecipe gate, ArtifactManifest manifest) => gate switch
    {
        PerplexityGate limit when manifest.Perplexity
            .TryGetValue(limit.Perplexity, out PerplexityReport? report) => Limits(limit, report),
        SizeGate limit when manifest.Size is { } size => [Of(limit, size.OnDisk(manifest.Encoding), size.Dense)],
        _ => [],
    };

    private static IEnumerable<GateResult> Limits(PerplexityGate gate, PerplexityReport report)
    {
        if (gate.MaxIncrease is { } increase)
        {
            yield return new GateResult(
                gate.Perplexity, $"at most {Figures.Change(increase)} over dense", Figures.Change(report.Increase),
                report.Increase <= increase);
        }

        if (gate.Max is { } max)
        {
            yield return new GateResult(
                gate.Perplexity,
                $"at most {Figures.Perplexity(max)}",
                Figures.Perplexity(report.Pruned),
                report.Pruned <= max);
        }
    }

    /// <summary>How weights of a size do on a limit.</summary>
    /// <param name="gate">The limit.</param>
    /// <param name="bytes">What they take on disk.</param>
    /// <param name="dense">What those of the dense model take.</param>
    internal static GateResult Of(SizeGate gate, long bytes, long dense) => gate.Share is { } share
        ? new GateResult(
            null,
            $"at most {Figures.Share(share)} of dense",
            Figures.Share((double)bytes / dense),
            bytes <= share * dense)
        : new GateResult(null, $"at most {Figures.Bytes(gate.Bytes)}", Figures.Bytes(bytes), bytes <= gate.Bytes);
}
