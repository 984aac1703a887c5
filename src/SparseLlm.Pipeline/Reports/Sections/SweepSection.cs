using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Charts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pipeline.Reports.Provenance;

namespace SparseLlm.Pipeline.Reports.Sections;

/// <summary>How perplexity goes up with sparsity, a line for each method.</summary>
internal static class SweepSection
{
    private static readonly string[] Columns = ["Artifact", "Method", "Sparsity#", "Dense#", "Pruned#", "Change#"];

    /// <summary>The section; nothing where there are not two artifacts to compare.</summary>
    public static Section Of(IReadOnlyList<ArtifactManifest> artifacts)
        => new("sweep", "Perplexity against sparsity", Html.Join(
        artifacts.SelectMany(artifact => artifact.Perplexity.Keys).Distinct()
            .Select(text => Chart(text, [.. artifacts.Where(artifact => artifact.Perplexity.ContainsKey(text))]))));

    private static Html Chart(string text, ArtifactManifest[] artifacts)
    {
        ArtifactManifest[] drawn = [.. artifacts.Where(artifact => double.IsFinite(artifact.Perplexity[text].Pruned)
            && double.IsFinite(artifact.Perplexity[text].Dense))];
        if (drawn.Length < 2)
        {
            return Html.Empty;
        }

        Series[] series = [.. drawn.GroupBy(Line).Select(line => new Series(
            line.Key,
            [.. line.OrderBy(artifact => artifact.PrunedShare).Select(artifact => Place(artifact, text))]))];
        string dense = Figures.Perplexity(drawn[0].Perplexity[text].Dense);
        var frame = new Frame(
            "sparsity of the pruned matrices", "change, logarithmic", Scale.Linear(
                [.. drawn.Select(artifact => artifact.PrunedShare)]),
            Scale.Changes(
                [.. drawn.Select(artifact => artifact.Perplexity[text].Increase)]), "0.## %",
                "+#,0.## %;-#,0.## %;'dense'");
        var chart = new LineChart(frame, series) { Reference = new Point(0, 0, $"dense: {dense}") };
        ArtifactManifest best = drawn.MinBy(artifact => artifact.Perplexity[text].Pruned)!;
        return Figure.Of(
            $"Perplexity on {text}: how much higher than the dense model's, on a logarithmic axis; less is better",
            chart.Draw($"Change of perplexity on {text} against sparsity, a line for each method. Dense: {dense}. "
                + $"Lowest: {Place(best, text).Label}."),
            new Table($"Perplexity on {text}", Columns).With(
                artifacts.Select(artifact => Row(artifact, artifact.Perplexity[text]))));
    }

    /// <summary>Patterns are a line of their own: at the same sparsity they leave less choice. So are codes of so many
    /// bits.</summary>
    private static string Line(ArtifactManifest artifact)
        => MethodName.Of(artifact) + (PatternRules.IsGroups(artifact.Pattern) ? ", N:M" : "")
            + (artifact.Quantization is { } codes ? $", {codes.BitsText} bits" : "");

    private static Point Place(ArtifactManifest artifact, string text) => new(
        artifact.PrunedShare, artifact.Perplexity[text].Increase,
        $"{artifact.Artifact}: {Figures.Perplexity(artifact.Perplexity[text].Pruned)} "
        + $"({Figures.Change(artifact.Perplexity[text].Increase)}) at {Figures.Share(artifact.PrunedShare)}");

    private static Html[] Row(ArtifactManifest artifact, PerplexityReport report) =>
    [
        artifact.Artifact ?? "", Line(artifact), Figures.Share(artifact.PrunedShare), Figures.Perplexity(
            report.Dense), Figures.Perplexity(report.Pruned), Figures.Change(report.Increase),
    ];
}
