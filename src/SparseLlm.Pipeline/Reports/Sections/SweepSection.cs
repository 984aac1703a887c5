using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Charts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pipeline.Reports.Provenance;

namespace SparseLlm.Pipeline.Reports.Sections;

/// <summary>How perplexity goes up with sparsity, a line for each method.</summary>
internal static class SweepSection
{
    private const double WideRange = 6;

    private static readonly string[] Columns = ["Artifact", "Method", "Sparsity#", "Dense#", "Pruned#", "Change#"];

    /// <summary>The section; nothing where there are not two artifacts to compare.</summary>
    public static Section Of(IReadOnlyList<ArtifactManifest> artifacts) => new("sweep", "Perplexity against sparsity", Html.Join(
        artifacts.SelectMany(artifact => artifact.Perplexity.Keys).Distinct().Select(text => Chart(text, [.. artifacts.Where(artifact => artifact.Perplexity.ContainsKey(text))]))));

    private static Html Chart(string text, ArtifactManifest[] artifacts)
    {
        ArtifactManifest[] drawn = [.. artifacts.Where(artifact => double.IsFinite(artifact.Perplexity[text].Pruned) && double.IsFinite(artifact.Perplexity[text].Dense))];
        if (drawn.Length < 2)
        {
            return Html.Empty;
        }

        Series[] series = [.. drawn.GroupBy(Line).Select(line => new Series(line.Key, [.. line.OrderBy(artifact => artifact.Sparsity).Select(artifact => Place(artifact, text))]))];
        double dense = drawn[0].Perplexity[text].Dense;
        double[] values = [dense, .. drawn.Select(artifact => artifact.Perplexity[text].Pruned)];
        bool isWide = values.Max() > WideRange * values.Min();
        var frame = new Frame(
            "sparsity", isWide ? "perplexity, logarithmic" : "perplexity", Scale.Linear([.. drawn.Select(artifact => artifact.Sparsity)]),
            isWide ? Scale.Logarithmic(values) : Scale.Linear(values), "0.## %", "#,0.##");
        var chart = new LineChart(frame, series) { Reference = new Point(0, dense, $"dense: {Figures.Perplexity(dense)}") };
        ArtifactManifest best = drawn.MinBy(artifact => artifact.Perplexity[text].Pruned)!;
        return Figure.Of(
            $"Perplexity on {text}; less is better",
            chart.Draw($"Perplexity on {text} against sparsity, a line for each method. Dense: {Figures.Perplexity(dense)}. Lowest: {Place(best, text).Label}."),
            new Table($"Perplexity on {text}", Columns).With(artifacts.Select(artifact => Row(artifact, artifact.Perplexity[text]))));
    }

    /// <summary>Patterns are a line of their own: at the same sparsity they leave less choice.</summary>
    private static string Line(ArtifactManifest artifact) => MethodName.Of(artifact) + (PatternRules.IsGroups(artifact.Pattern) ? ", N:M" : "");

    private static Point Place(ArtifactManifest artifact, string text) => new(
        artifact.Sparsity, artifact.Perplexity[text].Pruned,
        $"{artifact.Artifact}: {Figures.Perplexity(artifact.Perplexity[text].Pruned)} at {Figures.Share(artifact.Sparsity)}");

    private static Html[] Row(ArtifactManifest artifact, PerplexityReport report) =>
    [
        artifact.Artifact ?? "", Line(artifact), Figures.Share(artifact.Sparsity), Figures.Perplexity(report.Dense), Figures.Perplexity(report.Pruned), Figures.Change(report.Increase),
    ];
}
