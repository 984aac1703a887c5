using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pipeline.Reports.Provenance;
using SparseLlm.Pipeline.Reports.Sections;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary><c>summary.html</c>: the artifacts of a recipe beside each other.</summary>
internal static class RecipePage
{
    private static readonly Table Artifacts = new(
        "Artifacts", "Artifact", "Method", "Asked for#", "Sparsity#", "Text", "Dense#", "Pruned#", "Change#", "Gates", "Size#", "Time#", "Peak memory#");

    /// <summary>What the page of an owner contains and no other.</summary>
    public static string OwnerMark(string owner) => $"name=\"owner\" content=\"{owner}\"";

    /// <summary>The page.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="results">Its artifacts.</param>
    /// <param name="owner">What tells it from other recipes.</param>
    public static string Render(Recipe recipe, IReadOnlyList<ArtifactResult> results, string owner)
    {
        ArtifactManifest[] made = [.. results.Select(result => result.Manifest).OfType<ArtifactManifest>()];
        int missed = results.Count(result => result.Gates.Any(gate => !gate.IsMet));
        return new Page(
            Path.GetFileName(recipe.Path),
            Html.Of($"{made.Length} of {results.Count} artifacts of {Path.GetFileName(recipe.Model)} are made{(missed == 0 ? "" : FormattableString.Invariant($"; {missed} of them miss a gate"))}."),
            [
                new Section("artifacts", "Artifacts", Artifacts.With(results.SelectMany(Rows))),
                SweepSection.Of(made),
                new Section("provenance", "Provenance", made.Length == 0 ? Html.Empty : Origin(made)),
            ],
            Html.Of($"Written by SparseLlm.Build {ToolVersion.Current.ToNormalizedString()}.")) { Owner = owner }.Render();
    }

    private static IEnumerable<Html[]> Rows(ArtifactResult result)
    {
        if (result.Manifest is not { } manifest)
        {
            return [[result.Artifact.Name, "not made", "", "", "", "", "", "", "", "", "", ""]];
        }

        Html name = Html.Of($"""<a href="{result.Artifact.Name}/{ArtifactPage.FileName}">{result.Artifact.Name}</a>""");
        Html[] own = [name, MethodName.Of(manifest), manifest.Pattern, Figures.Share(manifest.Sparsity)];
        Html[] cost = [manifest.Size is { } size ? Figures.Bytes(size.Pruned) : "", Figures.Time(manifest.Seconds), manifest.PeakMemory is { } memory ? Figures.Bytes(memory) : ""];
        return manifest.Perplexity.Count == 0
            ? [[.. own, "", "", "", "", "", .. cost]]
            : manifest.Perplexity.Select((text, index) => (Html[])
            [
                .. index == 0 ? own : [Html.Of($"{result.Artifact.Name}"), "", "", ""],
                text.Key, Figures.Perplexity(text.Value.Dense), Figures.Perplexity(text.Value.Pruned), Figures.Change(text.Value.Increase),
                Html.Join(result.Gates.Where(gate => gate.Perplexity == text.Key).Select(gate => Html.Of($"{PerplexitySection.Verdict(gate.IsMet)} {gate.Limit} "))),
                .. index == 0 ? cost : ["", "", ""],
            ]);
    }

    private static Html Origin(ArtifactManifest[] made) => new Table("Digests", "Artifact", "SHA-256", "Key", "Numerics", "Tool").With(made.Select(manifest => (Html[])
    [
        manifest.Artifact ?? "", Html.Of($"<code>{manifest.Digest}</code>"), Html.Of($"<code>{manifest.Key}</code>"), manifest.Numerics, manifest.ToolVersion,
    ]));
}
