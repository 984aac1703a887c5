using System.Text.RegularExpressions;
using System.Xml.Linq;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pruning.Results;
using SparseLlm.Recipes;
using SparseLlm.Reports.Tests.Support;

namespace SparseLlm.Reports.Tests;

/// <summary><c>report.html</c> and <c>summary.html</c>: what they say.</summary>
public sealed partial class Pages
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public void A_report_says_all_that_is_known_of_an_artifact()
    {
        ArtifactManifest manifest = Samples.Manifest();
        string page = Report(manifest);
        string text = Document.Parse(page).Element("body")!.Value;
        foreach (string expected in (string[])
        [
            "small-70", "70.00 %", "20.000", "25.000", "+25.0 %", Samples.HostileText,
                Samples.HostileFile, "layer 2: the damping was raised <twice>",
            "8.0 MiB", "3.0 MiB", "-62.5 %", "2.0 MiB", "-33.3 %", "35.00 %", "12.3 s", "300.0 MiB", "0.1270",
            "model.layers.3.mlp.down_proj.weight", "0.2500", "0.1250",
            "16 windows of 128 tokens, random, seed 7", "cpu-fma/1", "0.1.0", manifest.Key, manifest.Digest,
                manifest.Model
                .Digest, new string('d', 64), new string('f', 64),
        ])
        {
            text.ShouldContain(expected);
        }
    }

    [Fact]
    public void A_report_says_which_gates_are_met()
    {
        string[] rows = [.. Document.Parse(Report(Samples.Manifest())).Descendants("section").First().Descendants("tr")
            .Select(row => string.Join(" | ", row.Elements().Select(cell => cell.Value)))];
        rows.ShouldContain($"{Samples.HostileText} | at most +10.0 % over dense | +25.0 % | ✗ missed");
        rows.ShouldContain($"{Samples.HostileText} | at most 30.000 | 25.000 | ✓ met");
    }

    [Fact]
    public void A_report_says_what_the_guard_decided_on_every_layer()
    {
        XElement section = Document.Parse(Report(Samples.Manifest())).Descendants("section")
            .Single(section => section.Attribute("id")!.Value == "guard");
        section.Value.ShouldContain("decided on 3 changes to pruned layers, of which 1 were taken");
        section.Descendants("tbody").Single().Elements("tr")
            .Select(row => string.Join(" | ", row.Elements().Select(cell => cell.Value)))
            .ShouldBe(
                [
                    "0 | weights of sparsegpt instead | 0.0321 | 0.0456 | left",
                    "1 | tuning | 0.0987 | 0.0654 | taken",
                    "2 | distillation | not finite | not finite | left",
                ]);
    }

    [Theory]
    [InlineData("0", "0", "relative error")]
    [InlineData("2", "0", "relative error before tuning")]
    [InlineData("0", "4", "relative error before tuning")]
    public void Errors_that_tuning_has_changed_since_are_labelled(string tuning, string distillation, string expected)
    {
        ArtifactManifest manifest = Samples.Manifest();
        manifest = manifest with
        {
            Settings = new Dictionary<string, string>(manifest.Settings)
            {
                ["tuningEpochs"] = tuning,
                ["distillationEpochs"] = distillation
            }
        };
        string page = Report(manifest);
        Document.Parse(page).Texts("text").ShouldContain(expected);
        Document.Parse(page).Texts("th").ShouldContain("R" + expected[1..]);
        ArtifactSummary.Format(manifest, []).ShouldContain($"| zeros | {expected} |");
    }

    [Fact]
    public void A_perplexity_that_is_no_number_meets_no_gate()
    {
        GateResult.Of([Samples.Gate(maxIncrease: 0.5, max: 30)], Samples.Manifest(pruned: double.NaN))
            .ShouldAllBe(gate => !gate.IsMet);
        Should.NotThrow(() => Report(Samples.Manifest(pruned: double.PositiveInfinity)));
    }

    [Fact]
    public void Every_value_of_a_chart_can_be_pointed_at_and_stands_in_a_table_beside_it()
    {
        XElement page = Document.Parse(Report(Samples.Manifest()));
        XElement figure = page.Descendants("figure").First();
        IReadOnlyList<string> titles = figure.Descendants("svg").First().Texts("title");
        titles.Count.ShouldBe(28);
        titles.ShouldContain("layer 1, k_proj: 0.1080");
        figure.Element("details")!.Texts("td").ShouldContain("0.1080");
        page.Descendants("figure").Count().ShouldBe(2);
        page.Descendants("figure").ShouldAllBe(one => one.Element("details") != null);
        page.Descendants("svg").Where(svg => svg.Attribute("aria-hidden") is null)
            .ShouldAllBe(svg => svg.Attribute("aria-label")!.Value.Length > 20);
        page.Descendants("img").ShouldAllBe(image => image.Attribute("alt")!.Value.Length > 5);
    }

    [Fact]
    public void Pages_load_nothing_and_run_nothing()
    {
        foreach (string page in (string[])[Report(Samples
            .Manifest()), Summary(Samples.Manifest("a"), Samples.Manifest("b", pruned: 40))])
        {
            XElement root = Document.Parse(page);
            root.Descendants("script").ShouldBeEmpty();
            root.Descendants().Attributes().ShouldAllBe(attribute => !attribute.Name.LocalName.StartsWith("on"));
            root.Descendants().Attributes().Where(attribute => attribute.Name.LocalName is "src" or "href")
                .ShouldAllBe(attribute => attribute.Value.StartsWith("data:image/png;base64,")
                    || LocalLink().IsMatch(attribute.Value));
            root.Descendants("style").Single().Value.ShouldNotContain("url(");
            page.ShouldNotContain("://");
        }
    }

    [Fact]
    public void The_same_artifact_has_the_same_report()
        => Report(Samples.Manifest()).ShouldBe(Report(Samples.Manifest()));

    [Fact]
    public void The_report_on_a_large_model_stays_below_a_megabyte() =>
        System.Text.Encoding.UTF8.GetByteCount(Report(Samples.Manifest(layers: 32, cells: 34)))
            .ShouldBeLessThan(Megabyte);

    [Fact]
    public void A_report_leaves_out_what_is_not_known()
    {
        ArtifactManifest manifest = Samples.Manifest() with
        {
            Artifact = null,
            Calibration = null,
            PeakMemory = null,
            Size = null,
            ModelSparsity = null,
            Sweeps = null,
            Guards = null,
            Fallbacks = [],
            Perplexity = new Dictionary<string, PerplexityReport>(),
            Tensors = [new TensorReport("lm_head.weight", [4, 4], "0.5", 0.5, null)],
        };
        XElement page = Document.Parse(Report(manifest));
        page.Texts("h1").ShouldBe(["tiny & small, pruned"]);
        page.Texts("h2").ShouldBe(["Layers", "Size, time and memory", "Provenance", "Make it again"]);
        page.Descendants("svg").ShouldBeEmpty();
        page.Texts("th").ShouldContain("lm_head.weight");
    }

    [Fact]
    public void A_report_tells_of_activations_that_did_not_fit_into_memory()
    {
        Document.Parse(Report(Samples.Manifest() with { SpilledBytes = 5L << 30 })).Texts("th")
            .ShouldContain("Spilled");
        Document.Parse(Report(Samples.Manifest())).Texts("th").ShouldNotContain("Spilled");
    }

    [Fact]
    public void A_report_draws_how_the_loss_went_while_all_layers_were_tuned_together()
    {
        XElement page = Document.Parse(Report(Samples.Manifest() with
        {
            Global = new GlobalReport(
                0.0123,
                [new EpochReport(0.0144, 0.0131), new EpochReport(0.0099, 0.0101), new EpochReport(0.0091, 0.0112)]),
        }));
        page.Texts("h2").ShouldContain("All layers together");
        page.Texts("p").ShouldContain(text => text.Contains("least after pass 2", StringComparison.Ordinal));
        page.Texts("title").ShouldContain("pass 2, on held-back windows: 0.01010");
        page.Texts("td").ShouldContain("0.00910");
        Document.Parse(Report(Samples.Manifest())).Texts("h2").ShouldNotContain("All layers together");
    }

    [Fact]
    public void A_report_names_the_GPUs_with_their_driver_and_CUDA()
    {
        ArtifactManifest manifest = Samples.Manifest() with
        {
            Gpus = [new Gpu(
                "NVIDIA H100 80GB HBM3",
                "580.65.06",
                "12.8"), new Gpu("NVIDIA H100 80GB HBM3", "580.65.06", null)]
        };
        string[] cells = [.. Document.Parse(Report(manifest)).Texts("td")];
        cells.ShouldContain("NVIDIA H100 80GB HBM3, driver 580.65.06, CUDA 12.8");
        cells.ShouldContain("NVIDIA H100 80GB HBM3, driver 580.65.06, CUDA not known");
        Document.Parse(Report(Samples.Manifest())).Texts("th").ShouldNotContain("GPU");
    }

    [Fact]
    public void A_summary_draws_a_line_for_each_method_and_one_for_patterns()
    {
        XElement page = Document.Parse(Summary(
            Samples.Manifest("a"), Samples.Manifest("b", pruned: 40, sparsity: 0.8), Samples.Manifest(
                "c",
                method: "wanda",
                pruned: 30), Samples.Manifest("d", pattern: "2:4", sparsity: 0.5)));
        XElement figure = page.Descendants("figure").Single();
        figure.Descendants("ul").Single().Elements("li").Select(item => item.Value.Trim())
            .ShouldBe(["sparsellm", "wanda", "sparsellm, N:M", "dense: 20.000"]);
        figure.Descendants().Where(one => one.Attribute("class")?.Value.StartsWith("end") == true)
            .Select(label => label.Value.Trim())
            .ShouldBe(["sparsellm", "wanda", "sparsellm, N:M", "dense: 20.000"]);
        figure.Descendants("polyline").Select(line => line.Attribute("points")!.Value.Split(' ').Length)
            .ShouldBe([2, 1, 1]);
        figure.Texts("title").ShouldContain("b: 40.000 (+100.0 %) at 80.00 %");
        figure.Texts("title").ShouldContain("dense: 20.000");
    }

    [Fact]
    public void A_summary_has_a_row_for_every_artifact_made_or_not()
    {
        XElement page = Document.Parse(Summary(Samples.Manifest("a"), Samples.Manifest("b", pruned: 40), null));
        page.Descendants("header").Single().Value
            .ShouldContain("2 of 3 artifacts of tiny & small are made; gates are missed by 1 of them.");
        string[][] rows = [.. page.Descendants("tbody").First().Elements("tr")
            .Select(row => row.Elements().Select(cell => cell.Value).ToArray())];
        rows.Select(row => row[0]).ShouldBe(["a", "b", "c"]);
        rows.Select(row => row[1]).ShouldBe(["+25.0 %", "+100.0 %", "not made"]);
        rows.Select(row => row[2]).ShouldBe(["✓ met", "✗ missed", ""]);
        rows.Select(row => row[3]).ShouldBe(["★\u00A0best, ◆\u00A0Pareto", "", ""]);
        rows[0][^3..].ShouldBe(["70.00 %", "35.00 %", "2.0 MiB"]);
        rows.ShouldAllBe(row => row.Length == page.Descendants("thead").First().Descendants("th").Count());
        page.Value.ShouldContain("★\u00A0best: the smallest");
        page.Descendants("a").Select(link => link.Attribute("href")!.Value).ShouldContain("a/report.html");
    }

    [Fact]
    public void A_summary_for_a_job_page_keeps_names_from_becoming_markup()
    {
        Recipe recipe = Samples.Recipe("a");
        string page = RecipeSummary.Format(recipe, [new ArtifactResult(recipe.Artifacts[0], Samples.Manifest("a"))]);
        page.ShouldNotContain("<script>");
        page.ShouldContain("| a | +25.0 % | ✓ met at most +30.0 % over dense |  | ");
        page.Split('\n').ShouldContain(RecipeSummary.Head);
        page.ShouldContain("| 20.000 | 25.000 | sparsellm | 0.7 | 70.00 % | 35.00 % | dense | 3.0 MiB | 2.5 MiB | "
            + "63.5 | 41.3 | 2.0 MiB | 12.3 s |");
    }

    [Fact]
    public void A_summary_for_a_job_page_marks_what_stands_out_and_says_what_the_marks_mean()
    {
        Recipe recipe = Samples.Recipe("a", "b", "c");
        ArtifactManifest?[] manifests = [Samples.Manifest("a"), Samples.Manifest("b", pruned: 40), null];
        string[] lines = RecipeSummary.Format(
            recipe,
            [.. recipe.Artifacts.Zip(manifests, (artifact, manifest) => new ArtifactResult(artifact, manifest))])
                .Split('\n');
        lines.Where(line => line.StartsWith('|')).Select(line => line.Replace(@"\|", "").Count(unit => unit == '|'))
            .Distinct()
            .ShouldBe([19]);
        lines.Single(line => line.StartsWith("| a |")).ShouldContain("| ★\u00A0best, ◆\u00A0Pareto |");
        lines.ShouldContain(line => line.StartsWith("★\u00A0best: "));
    }

    [Fact]
    public void A_size_that_was_estimated_from_a_sample_says_so()
    {
        ArtifactManifest manifest = Samples.Manifest();
        manifest = manifest with { Size = manifest.Size! with { Compressed = new CompressedSize(2L << 20, 0.25) } };
        Document.Parse(Report(manifest)).Value.ShouldContain("estimated from 25.00 % of them");
        ArtifactSummary.Format(manifest, []).ShouldContain("≈ 2.0 MiB compressed");
        Document.Parse(Summary(manifest)).Texts("td").ShouldContain("≈ 2.0 MiB");
    }

    [Fact]
    public void An_artifact_of_which_less_is_known_has_the_same_pages_with_less_on_them()
    {
        ArtifactManifest manifest = Samples
            .Manifest() with
        { ModelSparsity = null, Size = new SizeReport(8L << 20, 3L << 20) };
        Document.Parse(Report(manifest)).Value.ShouldNotContain("Compressed");
        ArtifactSummary.Format(manifest, []).ShouldNotContain("compressed");
        Document.Parse(Summary(manifest)).Texts("td").ShouldContain("3.0 MiB");
    }

    [Fact]
    public void Pages_say_nothing_of_the_weights_of_matrices_where_none_were_pruned()
    {
        ArtifactManifest manifest = Samples.Manifest();
        manifest = manifest with { Size = manifest.Size! with { Packed = new PackedSize(3L << 20, 0, 0) } };
        Document.Parse(Report(manifest)).Value.ShouldContain("as 'encoding: sparse' does");
        Document.Parse(Report(manifest)).Value.ShouldNotContain("Bits per weight");
        ArtifactSummary.Format(manifest, []).ShouldContain("they would take 3.0 MiB.\n");
        ArtifactSummary.Format(manifest, []).ShouldNotContain("bits packed");
        Document.Parse(Summary(manifest)).Texts("td").ShouldNotContain("0.00");
    }

    [Fact]
    public void Pages_show_what_the_other_encoding_would_take()
    {
        ArtifactManifest dense = Samples.Manifest();
        ArtifactManifest packed = dense with
        {
            Encoding = CheckpointEncoding.Sparse,
            PackedDigest = new string('c', 64)
        };
        ArtifactSummary.Format(dense, []).ShouldContain("The weights take 3.0 MiB on disk and");
        ArtifactSummary.Format(
            dense,
            []).ShouldContain("Packed, with 'encoding: sparse', they would take 2.5 MiB. A weight of the pruned "
                + "matrices takes 6.05 bits packed, and 16.00 otherwise.");
        ArtifactSummary.Format(packed, []).ShouldContain("The weights take 2.5 MiB on disk, packed, and");
        ArtifactSummary.Format(packed, []).ShouldContain("Not packed, they would take 3.0 MiB.");
        Document.Parse(Report(dense)).Value.ShouldContain("where they are packed, as 'encoding: sparse' does, -68.8 %");
        Document.Parse(Report(packed)).Value.ShouldContain("on disk, which are packed, -68.8 %");
        Document.Parse(Report(packed)).Value.ShouldContain("of the pruned matrices, packed; 16.00 where they are not");
        Document.Parse(Report(packed)).Value.ShouldContain("encoding: sparse");
        Document.Parse(Report(packed)).Value.ShouldContain("--encoding sparse");
        string[] cells = [.. Document.Parse(Summary(dense with { Artifact = "a" }, packed with { Artifact = "b" }))
            .Texts("td")];
        cells.Where(cell => cell is "dense" or "sparse" or "16.00" or "6.05")
            .ShouldBe(["dense", "16.00", "sparse", "6.05"]);
    }

    [Fact]
    public void Pages_say_in_how_many_bits_weights_are_and_which_layouts_hold_them()
    {
        ArtifactManifest manifest = Samples.Quantized("0.5", sparsity: 0.5);
        string summary = ArtifactSummary.Format(manifest, []);
        summary.ShouldContain("LlamaForCausalLM pruned by sparsellm to 0.5 and quantised to 4 bits in groups of 64 "
            + "(embeddings in 8 bits): 50.00 % of the weights in 28 matrices are zero");
        summary.ShouldContain("| 64 x 96 | 0.5, 4 bits | 0.5000 |");
        summary.ShouldContain("| sparse-int4 | 28 | 172,032 | 3.40 |\n| int8 | 2 | 786,432 | 8.25 |");
        var report = Document.Parse(Report(manifest));
        report.Value.ShouldContain("to 0.5 and quantised to 4 bits in groups of 64 (embeddings in 8 bits): 50.00 % of");
        report.Texts("th").ShouldContain("Layout sparse-int4");
        report.Texts("td").ShouldContain("bits a weight, packed: 28 tensors, 172,032 weights");
        Document.Parse(Summary(manifest with { Artifact = "a" })).Texts("td")
            .ShouldContain("0.5, 4 bits in groups of 64 (embeddings in 8 bits)");
    }

    [Fact]
    public void Zero_codes_are_not_sold_as_sparsity_that_was_asked_for()
    {
        ArtifactManifest manifest = Samples.Quantized("0", sparsity: 0.1216);
        string summary = ArtifactSummary.Format(manifest, []);
        summary.ShouldContain("LlamaForCausalLM quantised by sparsellm to 4 bits in groups of 64");
        summary.ShouldContain("none was pruned; 12.16 % of the codes are zero.");
        summary.ShouldNotContain("pruned by");
        summary.ShouldNotContain("Pruned in");
        var report = Document.Parse(Report(manifest));
        report.Value.ShouldContain("none was pruned; 12.16 % of the codes are zero.");
        report.Value.ShouldNotContain("Weights kept");
        report.Value.ShouldNotContain("How much of each matrix is zero");
        report.Value.ShouldNotContain("The share of weights that were kept");
    }

    [Fact]
    public void A_gate_on_the_size_holds_what_is_written_against_the_dense_model()
    {
        ArtifactManifest dense = Samples.Manifest();
        ArtifactManifest packed = dense with
        {
            Encoding = CheckpointEncoding.Sparse,
            PackedDigest = new string('c', 64)
        };
        Of(dense, new SizeGate(null, 0.35, new SourceLocation("pruning.yaml"))).ShouldBe(
            new GateResult(null, "at most 35.00 % of dense", "37.50 %", false));
        Of(packed, new SizeGate(null, 0.35, new SourceLocation("pruning.yaml"))).ShouldBe(
            new GateResult(null, "at most 35.00 % of dense", "31.25 %", true));
        Of(dense, new SizeGate(5L << 19, null, new SourceLocation("pruning.yaml"))).IsMet.ShouldBeFalse();
        Of(packed, new SizeGate(5L << 19, null, new SourceLocation("pruning.yaml"))).IsMet.ShouldBeTrue();

        static GateResult Of(ArtifactManifest manifest, SizeGate gate)
            => GateResult.Of([gate], manifest).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_gate_on_the_size_is_shown_once_and_without_a_perplexity_too()
    {
        Recipe recipe = Samples.Recipe("a");
        ArtifactRecipe artifact = recipe
            .Artifacts[0] with
        { Gates = [new SizeGate(null, 0.3, new SourceLocation("pruning.yaml"))] };
        ArtifactManifest one = Samples.Manifest("a");
        ArtifactManifest two = one with
        {
            Perplexity = new Dictionary<string, PerplexityReport>(one.Perplexity)
            {
                ["code"] = one.Perplexity.Values.First()
            }
        };
        foreach (ArtifactManifest manifest in (ArtifactManifest[])[one, two, one with { Perplexity
            = new Dictionary<string, PerplexityReport>() }])
        {
            RecipeSummary.Format(recipe, [new ArtifactResult(artifact, manifest)]).Split("at most 30.00 % of dense")
                .Length
                .ShouldBe(2);
            ArtifactSummary.Format(manifest, GateResult.Of(artifact.Gates, manifest))
                .ShouldContain("| size on disk | at most 30.00 % of dense | 37.50 % | ✗ **missed** |");
            Document.Parse(ArtifactPage.Render(manifest, GateResult.Of(artifact.Gates, manifest))).Value
                .ShouldContain("size on disk");
        }
    }

    private static string Report(ArtifactManifest manifest)
        => ArtifactPage.Render(manifest, GateResult.Of([Samples.Gate(maxIncrease: 0.1, max: 30)], manifest));

    private static string Summary(params ArtifactManifest?[] manifests)
    {
        Recipe recipe = Samples.Recipe(
            [.. manifests.Select((manifest, index) => manifest?.Artifact ?? "" + (char)('a' + index))]);
        return RecipePage.Render(
            recipe,
            [.. recipe.Artifacts.Zip(manifests, (artifact, manifest) => new ArtifactResult(artifact, manifest))],
            "owner");
    }

    [GeneratedRegex("^(#[a-z]+|[a-z]+/report\\.html)$")]
    private static partial Regex LocalLink();
}
