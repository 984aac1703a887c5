using System.Globalization;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Reports.Tests.Support;
using SparseLlm.Recipes;

namespace SparseLlm.Reports.Tests;

/// <summary>The pages in a real browser. SPARSELLM_SCREENSHOTS names a folder that keeps what it showed.</summary>
public sealed class InChromium(Chromium browser) : IClassFixture<Chromium>, IDisposable
{
    private readonly TempDirectory directory = new();

    [SkippableTheory]
    [InlineData("report", 375, "light")]
    [InlineData("report", 1100, "dark")]
    [InlineData("summary", 375, "dark")]
    [InlineData("summary", 1100, "light")]
    public async Task Pages_show_their_charts_without_complaint_and_without_overflow(string page, int width, string theme)
    {
        Chromium.SkipUnlessInstalled();
        await browser.Show(Write(page), width, theme);

        browser.Complaints.ShouldBeEmpty();
        (await browser.Evaluate("document.documentElement.scrollWidth")).ShouldBe(width.ToString(CultureInfo.InvariantCulture));
        (await browser.Evaluate("getComputedStyle(document.body).backgroundColor")).ShouldBe(theme == "light" ? "rgb(255, 255, 255)" : "rgb(20, 23, 27)");
        (await browser.Evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")).ShouldBe("true");
        (await browser.Evaluate("[...document.querySelectorAll('svg.chart')].every(chart => chart.getBBox().width > 300)")).ShouldBe("true");
        string values = await browser.Evaluate("[...document.querySelectorAll('svg.chart title')].map(title => title.textContent).join('\\n')");
        values.ShouldContain(page == "report" ? "layer 3, down_proj: 0.1270" : "b: 40.000 at 80.00 %");
        await Keep($"{page}-{width}-{theme}.png");
    }

    [SkippableFact]
    public async Task Every_text_that_can_be_seen_has_enough_contrast()
    {
        Chromium.SkipUnlessInstalled();
        foreach (string theme in (string[])["light", "dark"])
        {
            await browser.Show(Write("report"), 1100, theme);
            (await browser.Evaluate(LeastContrast)).ShouldBe("enough", theme);
        }
    }

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

    private static string Report() => ArtifactPage.Render(Samples.Manifest(), GateResult.Of([Samples.Gate(maxIncrease: 0.1, max: 30)], Samples.Manifest()));

    private static string Summary()
    {
        Recipe recipe = Samples.Recipe("a", "b", "c", "d");
        ArtifactManifest?[] manifests =
        [
            Samples.Manifest("a"), Samples.Manifest("b", pruned: 40, sparsity: 0.8), Samples.Manifest("c", method: "wanda", pruned: 300), null,
        ];
        return RecipePage.Render(recipe, [.. recipe.Artifacts.Zip(manifests, (artifact, manifest) => new ArtifactResult(artifact, manifest))], "owner");
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
