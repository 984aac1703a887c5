using System.Text;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pipeline.Reports.Provenance;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary><c>summary.md</c> of a recipe: its artifacts beside each other, for a CI job page.</summary>
internal static class RecipeSummary
{
    /// <summary>The line that tells such a page from any other.</summary>
    public const string Head = "| artifact | method | sparsity | perplexity | dense | pruned | change | gate | time |";

    /// <summary>The page.</summary>
    public static string Format(Recipe recipe, IReadOnlyList<ArtifactResult> results)
    {
        var page = new StringBuilder();
        Line($"# {Path.GetFileName(recipe.Path)}");
        Line($"");
        Line($"{Head}");
        Line($"|---|---|---:|---|---:|---:|---:|---|---:|");
        foreach (ArtifactResult result in results)
        {
            if (result.Manifest is not { } manifest)
            {
                Line($"| {result.Artifact.Name} | not made | | | | | | | |");
                continue;
            }

            Markdown own = Markdown.Of($"{result.Artifact.Name} | {MethodName.Of(manifest)} | {Figures.Share(manifest.Sparsity)}");
            if (manifest.Perplexity.Count == 0)
            {
                Line($"| {own} | | | | | | {Figures.Time(manifest.Seconds)} |");
            }

            foreach ((string name, PerplexityReport report) in manifest.Perplexity)
            {
                Markdown gates = Markdown.List(result.Gates.Where(gate => gate.Perplexity == name).Select(gate => Markdown.Of($"{gate.Verdict} {gate.Limit}")));
                Line($"| {own} | {name} | {Figures.Perplexity(report.Dense)} | {Figures.Perplexity(report.Pruned)} | {Figures.Change(report.Increase)} | {gates} | {Figures.Time(manifest.Seconds)} |");
            }
        }

        return page.ToString();

        void Line(MarkdownInterpolation text) => page.Append(text.ToString()).Append('\n');
    }
}
