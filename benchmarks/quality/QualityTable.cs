using System.Globalization;

namespace SparseLlm.Benchmarks.Quality;

/// <summary>The Markdown table of one model: a row for each method, a column for each pattern.</summary>
internal sealed class QualityTable(
    string model,
    IReadOnlyList<string> methods,
    IReadOnlyList<string> patterns,
    int offsets,
    ResultFile results,
    PeerPerplexities? peers)
{
    private const string Unit = "sparsegpt";

    /// <summary>Writes what is known, and the peers' rows behind it.</summary>
    public void Write(TextWriter output)
    {
        double? dense = results.Find(new Cell(model, Cell.DenseMethod, "0", 0))?.Perplexity;
        output.WriteLine(Format($"## {model} (dense {dense:0.000})"));
        output.WriteLine();
        output.WriteLine($"| method | {string.Join(" | ", patterns)} | time | peak MiB |");
        output.WriteLine($"|---|{string.Concat(patterns.Select(_ => "---:|"))}---:|---:|");
        foreach (string method in methods)
        {
            IEnumerable<string> cells = patterns.Select(
                pattern => Spread([.. Of(method, pattern).Select(found => found.Result.Perplexity)]));
            output.WriteLine($"| {method} | {string.Join(" | ", cells)} | {Time(method)} | {Peak(method)} |");
        }

        foreach (string method in peers?.Methods(model) ?? [])
        {
            IEnumerable<string> cells = patterns.Select(
                pattern => Format($"{peers!.Find(model, method, pattern):0.000}"));
            output.WriteLine($"| reference {method} | {string.Join(" | ", cells)} | | |");
        }

        output.WriteLine();
    }

    private IEnumerable<(Cell Cell, CellResult Result)> Of(string method, string pattern) =>
        Enumerable.Range(0, offsets)
            .Select(offset => new Cell(model, method, pattern, offset))
            .Select(cell => (cell, results.Find(cell)))
            .Where(found => found.Item2 is not null)
            .Select(found => (found.cell, found.Item2!));

    /// <summary>The median, over all cells, of the time divided by that of the unit in the same cell.</summary>
    private string Time(string method)
    {
        double[] ratios = [.. patterns.SelectMany(pattern => Of(method, pattern))
            .Select(found => (found.Result.Seconds, Unit: results.Find(found.Cell with { Method = Unit })?.Seconds))
            .Where(pair => pair.Unit > 0 && pair.Seconds is not null)
            .Select(pair => pair.Seconds!.Value / pair.Unit!.Value)
            .Order()];
        return ratios.Length == 0 ? "" : Format($"{ratios[ratios.Length / 2]:0.0}");
    }

    private string Peak(string method)
    {
        long[] peaks = [.. patterns.SelectMany(pattern => Of(method, pattern))
            .Select(found => found.Result.PeakBytes >> 20)];
        return peaks.Length == 0 ? "" : Format($"{peaks.Max()}");
    }

    private static string Spread(double[] values)
    {
        if (values.Length == 0)
        {
            return "";
        }

        double mean = values.Average();
        return values.Length == 1
            ? Format($"{mean:0.00}")
            : Format($"{mean:0.00} ± {values.Max(value => Math.Abs(value - mean)):0.00}");
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
