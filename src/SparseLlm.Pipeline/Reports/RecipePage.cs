using SparseLlm.Models;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pipeline.Reports.Provenance;
using SparseLlm.Pipeline.Reports.Sections;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary><c>summary.html</c>: the artifacts of a recipe beside each other.</summary>
internal static class RecipePage
{
    private static readonly Table Artifacts = new(
        "Artifacts", "Artifact", "Change#", "Gates", "Marks", "Perplexity on", "Dense#", "Pruned#", "Method",
        "Asked for#", "Zeros of the matrices#", "Zeros of the model#", "Compressed#");

    private static readonly Table Gates = new("Gates", "Artifact", "Gate on", "Limit", "Measured#", "Result");
    private static readonly Table Costs = new(
        "Size, time and memory",
        "Artifact",
        "Dense model#",
        "Encoding",
        "On disk#",
        "Packed#",
        "Bits per weight#",
        "Tokens a second#",
        "Dense#",
        "Compressed#",
        "Saved#",
        "Time#",
        "Peak memory#");
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
            Html.Of($"{made.Length} of {results.Count} artifacts of {ModelName.Of(recipe.Model)} are "
                + $"made{(missed == 0 ? "" : FormattableString.Invariant($"; gates are missed by {missed} of them"))}."),
            [
                new Section("artifacts", "Artifacts", Compare(results)),
                SweepSection.Of(made),
                new Section("gates", "Gates", results.Any(result => result.Gates.Count > 0)
                    ? Gates.With(results.SelectMany(Compared))
                    : Html.Empty),
                new Section(
                    "cost",
                    "Size, time and memory",
                    made.Length == 0 ? Html.Empty : Costs.With(made.Select(Cost))),
                new Section(
                    "provenance",
                    "Provenance",
                    made.Length == 0 ? Html.Empty : Digests.With(made.Select(Origin))),
            ],
            Html.Of($"Written by SparseLlm.Build {ToolVersion.Current.ToNormalizedString()}."))
        {
            Owner = owner
        }.Render();
    }

    private static Html Compare(IReadOnlyList<ArtifactResult> results)
    {
        var ranking = new Ranking(results);
        return Html.Of($"{Artifacts.With(results.SelectMany(result => Rows(result, ranking)))}{(ranking.HasMarks ? Html.Of($"""<p class="note">{Ranking.Meaning}</p>{"\n"}""") : Html.Empty)}");
    }

    private static IEnumerable<Html[]> Rows(ArtifactResult result, Ranking ranking)
    {
        string name = result.Artifact.Name;
        if (result.Manifest is not { } manifest)
        {
            return [[name, "not made", .. Enumerable.Repeat(Html.Empty, 10)]];
        }

        Html link = Html.Of($"""<a href="{name}/{ArtifactFiles.Report}">{name}</a>""");
        Html[] own =
        [
            MethodName.Of(manifest), Treatment.AskedFor(manifest), Figures.Share(manifest.Sparsity),
            Figures.Share(manifest.ModelSparsity), Compressed(manifest),
        ];
        return manifest.Perplexity.Count == 0
            ? [[link, "", Verdict(GateResult.Beside(result.Gates, manifest, null)), "", "", "", "", .. own]]
            : manifest.Perplexity.Select(text => (Html[])
            [
                link, Figures.Change(text.Value.Increase), Verdict(GateResult.Beside(result.Gates, manifest, text.Key)),
                ranking.Marks(result, text.Key),
                text.Key, Figures.Perplexity(text.Value.Dense), Figures.Perplexity(text.Value.Pruned), .. own,
            ]);
    }

    private static Html Verdict(GateResult[] gates)
        => gates.Length == 0 ? Html.Empty : PerplexitySection.Verdict(gates);

    private static IEnumerable<Html[]> Compared(ArtifactResult result) =>
        result.Gates.Select(gate => (Html[])[result.Artifact.Name, gate.Subject, gate.Limit,
            gate.Value, PerplexitySection.Verdict(gate)]);

    private static Html[] Cost(ArtifactManifest manifest) =>
    [
        manifest.Artifact ?? "", Figures.Bytes(manifest.Size?.Dense), manifest.Encoding.Name(), Figures.Bytes(
            manifest.Size?.OnDisk(manifest.Encoding)),
        Figures.Bytes(manifest.Size?.Packed?.Bytes), Bits(manifest), Figures.Speed(manifest.Speed?.Pruned),
            Figures.Speed(manifest.Speed?.Dense), Compressed(manifest), Saved(manifest),
        Figures.Time(manifest.Seconds), Figures.Bytes(manifest.PeakMemory),
    ];

    private static Html Compressed(ArtifactManifest manifest) => Figures.Compressed(manifest.Size?.Compressed);

    /// <summary>Of the pruned matrices, as they are stored; empty where there are none.</summary>
    private static Html Bits(ArtifactManifest manifest) =>
        manifest.Size?.Packed is { HasMatrices: true } packed ? Figures.Bits(
            manifest.Encoding == CheckpointEncoding.Sparse ? packed.BitsPerWeight : packed.DenseBitsPerWeight) : "";

    private static Html Saved(ArtifactManifest manifest) =>
        manifest.Size is { Compressed: { } compressed } size
            ? Figures.Change((double)compressed.Bytes / size.OnDisk(manifest.Encoding) - 1)
            : "";

    private static Html[] Origin(ArtifactManifest manifest) =>
        [manifest.Artifact ?? "", Html.Of($"<code>{manifest.Digest}</code>"), Html.Of(
            $"<code>{manifest.Key}</code>"), manifest.Numerics, manifest.ToolVersion];
}
