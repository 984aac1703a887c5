using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pipeline.Reports.Provenance;
using SparseLlm.Pipeline.Reports.Sections;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary><c>summary.html</c>: the artifacts of a recipe beside each other.</summary>
internal static class RecipePage
{
    private static readonly Table Artifacts = new("Artifacts", "Artifact", "Method", "Asked for#", "Sparsity#", "Perplexity on", "Dense#", "Pruned#", "Change#", "Gates");
    private static readonly Table Gates = new("Gates", "Artifact", "Gate on", "Limit", "Measured#", "Result");
    private static readonly Table Costs = new("Size, time and memory", "Artifact", "On disk#", "Dense on disk#", "Time#", "Peak memory#");
    private static readonly Table Digests = new("Digests", "Artifact", "SHA-256", "Key", "Numerics", "Tool");

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
            Html.Of($"{made.Length} of {results.Count} artifacts of {Path.GetFileName(recipe.Model)} are made{(missed == 0 ? "" : FormattableString.Invariant($"; gates are missed by {missed} of them"))}."),
            [
                new Section("artifacts", "Artifacts", Artifacts.With(results.SelectMany(Rows))),
                SweepSection.Of(made),
                new Section("gates", "Gates", results.Any(result => result.Gates.Count > 0) ? Gates.With(results.SelectMany(Compared)) : Html.Empty),
                new Section("cost", "Size, time and memory", made.Length == 0 ? Html.Empty : Costs.With(made.Select(Cost))),
                new Section("provenance", "Provenance", made.Length == 0 ? Html.Empty : Digests.With(made.Select(Origin))),
            ],
            Html.Of($"Written by SparseLlm.Build {ToolVersion.Current.ToNormalizedString()}.")) { Owner = owner }.Render();
    }

    private static IEnumerable<Html[]> Rows(ArtifactResult result)
    {
        string name = result.Artifact.Name;
        if (result.Manifest is not { } manifest)
        {
            return [[name, "not made", "", "", "", "", "", "", ""]];
        }

        Html[] own = [Html.Of($"""<a href="{name}/{ArtifactPage.FileName}">{name}</a>"""), MethodName.Of(manifest), manifest.Pattern, Figures.Share(manifest.Sparsity)];
        return manifest.Perplexity.Count == 0
            ? [[.. own, "", "", "", "", ""]]
            : manifest.Perplexity.Select(text => (Html[])
            [
                .. own, text.Key, Figures.Perplexity(text.Value.Dense), Figures.Perplexity(text.Value.Pruned), Figures.Change(text.Value.Increase),
                Verdict([.. result.Gates.Where(gate => gate.Perplexity == text.Key)]),
            ]);
    }

    private static Html Verdict(GateResult[] gates) => gates.Length == 0 ? Html.Empty : PerplexitySection.Verdict(gates);

    private static IEnumerable<Html[]> Compared(ArtifactResult result) =>
        result.Gates.Select(gate => (Html[])[result.Artifact.Name, gate.Perplexity, gate.Limit, gate.Value, PerplexitySection.Verdict(gate)]);

    private static Html[] Cost(ArtifactManifest manifest) =>
    [
        manifest.Artifact ?? "", Bytes(manifest.Size?.Pruned), Bytes(manifest.Size?.Dense),
        Figures.Time(manifest.Seconds), Bytes(manifest.PeakMemory),
    ];

    private static Html Bytes(long? bytes) => bytes is { } known ? Figures.Bytes(known) : "";

    private static Html[] Origin(ArtifactManifest manifest) =>
        [manifest.Artifact ?? "", Html.Of($"<code>{manifest.Digest}</code>"), Html.Of($"<code>{manifest.Key}</code>"), manifest.Numerics, manifest.ToolVersion];
}
