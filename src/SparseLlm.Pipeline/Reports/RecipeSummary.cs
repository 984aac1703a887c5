using System.Text;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pipeline.Reports.Provenance;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary><c>summary.md</c> of a recipe: its artifacts beside each other, for a CI job page.</summary>
internal static class RecipeSummary
{
    /// <summary>What tells such a page from any other.</summary>
    public const string Mark = "| artifact | change | gate | marks | perplexity | dense | pruned | method |";

    /// <summary>The heading of its table.</summary>
    public const string Head = Mark + " asked for | zeros of the matrices | zeros of the model | encoding | "
        + "on disk | packed | tokens/s | dense tokens/s | compressed | time |";

    /// <summary>The page.</summary>
    public static string Format(Recipe recipe, IReadOnlyList<ArtifactResult> results)
    {
        var page = new StringBuilder();
        var ranking = new Ranking(results);
        Line($"# {Path.GetFileName(recipe.Path)}");
        Line($"");
        page.Append(Head).Append('\n');
        Line($"|---|---:|---|---|---|---:|---:|---|---|---:|---:|---|---:|---:|---:|---:|---:|---:|");
        foreach (ArtifactResult result in results)
        {
            if (result.Manifest is not { } manifest)
            {
                Line($"| {result.Artifact.Name} | not made | | | | | | | | | | | | | | | | |");
                continue;
            }

            Markdown own = Markdown.Of($"{MethodName.Of(manifest)} | {Treatment.AskedFor(manifest)} | "
                + $"{Figures.Share(manifest.Sparsity)} | {Figures.Share(manifest.ModelSparsity)} | "
                + $"{manifest.Encoding.Name()} | "
                + $"{Figures.Bytes(manifest.Size?.OnDisk(manifest.Encoding))} | "
                + $"{Figures.Bytes(manifest.Size?.Packed?.Bytes)} | {Figures.Speed(manifest.Speed?.Pruned)} | "
                + $"{Figures.Speed(manifest.Speed?.Dense)} | {Figures.Compressed(manifest.Size?.Compressed)} | "
                + $"{Figures.Time(manifest.Seconds)}");
            if (manifest.Perplexity.Count == 0)
            {
                Line($"| {result.Artifact.Name} | | {Gates(result, manifest, null)} | | | | | {own} |");
            }

            foreach ((string name, PerplexityReport report) in manifest.Perplexity)
            {
                Line($"| {result.Artifact.Name} | {Figures.Change(report.Increase)} | {Gates(result, manifest, name)} "
                    + $"| {ranking.Marks(result, name)} | {name} | {Figures.Perplexity(report.Dense)} | "
                    + $"{Figures.Perplexity(report.Pruned)} | {own} |");
            }
        }

        if (ranking.HasMarks)
        {
            Line($"");
            Line($"{Ranking.Meaning}");
        }

        return page.ToString();

        static Markdown Gates(ArtifactResult result, ArtifactManifest manifest, string? text) =>
            Markdown.List(GateResult.Beside(result.Gates, manifest, text)
                .Select(gate => Markdown.Of($"{gate.Verdict} {gate.Limit}")));

        void Line(MarkdownInterpolation text) => page.Append(text.ToString()).Append('\n');
    }
}
