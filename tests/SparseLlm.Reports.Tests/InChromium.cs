using System.Globalization;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Recipes;
using SparseLlm.Reports.Tests.Support;

namespace SparseLlm.Reports.Tests;

/// <summary>The pages in a real browser. SPARSELLM_SCREENSHOTS names a folder that keeps what it showed.</summary>
public sealed class InChromium(Chromium browser) : IClassFixture<Chromium>, IDisposable
{
    private readonly TempDirectory directory = new();

    [SkippableTheory]
    [InlineData("report", 375, "light")]
    [InlineData("report", 800, "light")]
    [InlineData("report", 1280, "dark")]
    [InlineData("summary", 375, "dark")]
    [InlineData("summary", 800, "light")]
    [InlineData("summary", 1280, "light")]
    public async Task Pages_show_their_charts_without_complaint_and_without_overflow(
        string page,
        int width,
        string theme)
    {
        Chromium.SkipUnlessInstalled();
        await browser.Show(Write(page), width, theme);

        browser.Complaints.ShouldBeEmpty();
        (await browser.Evaluate("document.documentElement.scrollWidth")).ShouldBe(
            width.ToString(CultureInfo.InvariantCulture));
        (await browser.Evaluate("getComputedStyle(document.body).backgroundColor")).ShouldBe(
            theme == "light" ? "rgb(255, 255, 255)" : "rgb(20, 23, 27)");
        (await browser.Evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)"))
            .ShouldBe("true");
        (await browser.Evaluate(
            "[...document.querySelectorAll('svg.chart')].every(chart => chart.getBBox().width > 300)"))
                .ShouldBe("true");
        string values = await browser.Evaluate(
            "[...document.querySelectorAll('svg.chart title')].map(title => title.textContent).join('\\n')");
        values.ShouldContain(page == "report" ? "layer 3, down_proj: 0.1270" : "b: 40.000 (+100.0 %) at 80.00 %");
        (await browser.Evaluate(Outside)).ShouldBe("");
        (await browser.Evaluate(Covered)).ShouldBe("");
        await Keep($"{page}-{width}-{theme}.png");
    }

    [SkippableTheory]
    [InlineData(23, 375)]
    [InlineData(80, 375)]
    [InlineData(80, 800)]
    [InlineData(80, 1280)]
    public async Task Charts_show_all_decoder_layers_to_the_last_at_any_width(int layers, int width)
    {
        Chromium.SkipUnlessInstalled();
        string path = directory["layers.html"];
        File.WriteAllText(path, ArtifactPage.Render(Samples.Manifest(layers: layers), []));
        await browser.Show(path, width, "light");
        (await browser.Evaluate(Outside)).ShouldBe("");
        (await browser.Evaluate($"[...document.querySelectorAll('.chart')].filter(chart => "
            + $"[...chart.querySelectorAll('text')].some(text => text.textContent === '{layers - 1}')).length"))
                .ShouldBe("2");
        await Keep($"layers-{layers}-{width}.png");
    }

    [SkippableTheory]
    [InlineData(375)]
    [InlineData(800)]
    [InlineData(1280)]
    public async Task Many_methods_one_of_which_explodes_are_told_apart(int width)
    {
        Chromium.SkipUnlessInstalled();
        string[] methods = ["magnitude", "wanda", "ria", "sparsegpt", "admm", "alps", "sparsellm"];
        (string Method, string Pattern, double Sparsity, int Index)[] sweep = [.. methods.SelectMany(
            (method, index) => ((string, double)[])
                [("0.5", 0.5), ("0.6", 0.6), ("0.7", 0.7), ("2:4", 0.5)],
            (method, pattern) => (method,
                pattern.Item1, pattern.Item2, Array.IndexOf(methods, method)))];
        ArtifactManifest[] manifests = [.. sweep.Select(one => Samples.Manifest(
            $"{one.Method}-{one.Pattern.Replace(':', 'x')}", 1, one.Method, one.Pattern, 20 * (1 + Math.Exp(
                (one.Sparsity - 0.6) * 20 - one.Index * 0.4) * (one.Index == 0 ? 400 : 0.2)), one.Sparsity))];
        Recipe recipe = Samples.Recipe([.. manifests.Select(manifest => manifest.Artifact!)]);
        string path = directory["many.html"];
        File.WriteAllText(path, RecipePage.Render(
            recipe,
            [.. recipe.Artifacts.Zip(manifests, (artifact, manifest) => new ArtifactResult(artifact, manifest))],
            "owner"));
        await browser.Show(path, width, "light");
        (await browser.Evaluate("document.querySelectorAll('.chart polyline').length")).ShouldBe("14");
        (await browser.Evaluate(Outside)).ShouldBe("");
        (await browser.Evaluate(Covered)).ShouldBe("");
        (await browser.Evaluate("document.documentElement.scrollWidth")).ShouldBe(
            width.ToString(CultureInfo.InvariantCulture));
        await Keep($"many-{width}.png");
    }

    [SkippableFact]
    public async Task Every_text_that_can_be_seen_has_enough_contrast()
    {
        Chromium.SkipUnlessInstalled();
        foreach (string theme in (string[])["light", "dark"])
        {
            foreach (string page in (string[])["report", "summary"])
            {
                await browser.Show(Write(page), 1280, theme);
                (await browser.Evaluate(LeastContrast)).ShouldBe("enough", theme);
            }
        }
    }

    /// <summary>The first thing in a chart that is not on the page.</summary>
    private const string Outside = """
        [...document.querySelectorAll('.chart .mark, .chart text')].filter(drawn => {
          const box = drawn.getBoundingClientRect();
          return box.width > 0 && (box.left < 0 || box.right > innerWidth);
        }).map(drawn => drawn.outerHTML).slice(0, 1).join()
        """;

    /// <summary>The first text in a chart that covers another.</summary>
    private const string Covered = """
        [...document.querySelectorAll('.chart')].flatMap(chart => {
          const texts = [...chart.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
          return texts.flatMap(([one, a], index) => texts.slice(index + 1)
            .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
            .map(([other]) => one + ' and ' + other));
        }).slice(0, 1).join()
        """;

    /// <summary>Relative luminance and contrast as WCAG 2.2 defines them; 4.5 for text, 3 for what is drawn.</summary>
    private const string LeastContrast = """
        (() => {
          const light = color => color.match(/[\d.]+/g).slice(0, 3).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
          const luminance = color => { const [r, g, b] = light(color); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
          const back = element => { for (let e = element; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!c.endsWith(', 0)')) return c; } };
          for (const element of document.body.querySelectorAll('*')) {
            const style = getComputedStyle(element);
            const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
            const isSvgText = element.tagName === 'text';
            const isMark = element.classList.contains('mark') || element.classList.contains('line');
            if (!hasText && !isMark || element.tagName === 'title') continue;
            const color = isSvgText ? style.fill : isMark ? style.color : style.color;
            const found = contrast(color, back(element));
            if (found < (isMark ? 3 : 4.5)) return element.outerHTML.slice(0, 120) + ' ' + found;
          }
          return 'enough';
        })()
        """;

    private string Write(string page)
    {
        string path = directory[page + ".html"];
        File.WriteAllText(path, page == "report" ? Report() : Summary());
        return path;
    }

    private static string Report() => ArtifactPage.Render(
        Samples.Manifest(),
        GateResult.Of([Samples.Gate(maxIncrease: 0.1, max: 30)], Samples.Manifest()));

    private static string Summary()
    {
        Recipe recipe = Samples.Recipe("a", "b", "c", "d");
        ArtifactManifest?[] manifests =
        [
            Samples.Manifest("a"), Samples.Manifest("b", pruned: 40, sparsity: 0.8), Samples.Manifest(
                "c",
                method: "wanda",
                pruned: 300), null,
        ];
        return RecipePage.Render(
            recipe,
            [.. recipe.Artifacts.Zip(manifests, (artifact, manifest) => new ArtifactResult(artifact, manifest))],
            "owner");
    }

    private async Task Keep(string name)
    {
        if (Environment.GetEnvironmentVariable("SPARSELLM_SCREENSHOTS") is { } folder)
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, name), await browser.Picture());
        }
    }

    public void Dispose() => directory.Dispose();
}
