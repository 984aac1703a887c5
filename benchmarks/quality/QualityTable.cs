using System.Globalization;

namespace SparseLlm.Benchmarks.Quality;

/// <summary>The Markdown table of one model: a row for each method, a column for each pattern.</summary>
internal sealed class QualityTable(string model, IReadOnlyList<string> patterns, PeerPerplexities? peers)
{
    private readonly string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(model));
    private readonly List<string> rows = [];
    private double dense;

    /// <summary>Adds a method's row.</summary>
    /// <param name="method">The method.</param>
    /// <param name="run">Gives the results for a pattern, one for each calibration set.</param>
    public void Add(string method, Func<string, IReadOnlyList<CellResult>> run)
    {
        var cells = new List<string>();
        var seconds = new List<double>();
        long peak = 0;
        foreach (string pattern in patterns)
        {
            IReadOnlyList<CellResult> results = run(pattern);
            dense = results[0].Dense;
            cells.Add(Spread([.. results.Select(result => result.Pruned)]));
            seconds.AddRange(results.Select(result => result.Seconds));
            peak = Math.Max(peak, results.Max(result => result.PeakBytes));
        }

        rows.Add(Format($"| {method} | {string.Join(" | ", cells)} | {Median(seconds):0.0} | {peak >> 20} |"));
    }

    /// <summary>Writes the table, and the peers' rows behind it.</summary>
    public void Write(TextWriter output)
    {
        output.WriteLine(Format($"## {name} (dense {dense:0.000})"));
        output.WriteLine();
        output.WriteLine($"| method | {string.Join(" | ", patterns)} | s | peak MiB |");
        output.WriteLine($"|---|{string.Concat(patterns.Select(_ => "---:|"))}---:|---:|");
        rows.ForEach(output.WriteLine);
        foreach (string method in peers?.Methods(name) ?? [])
        {
            IEnumerable<string> cells = patterns.Select(pattern => Format($"{peers!.Find(name, method, pattern):0.000}"));
            output.WriteLine($"| reference {method} | {string.Join(" | ", cells)} | | |");
        }

        output.WriteLine();
    }

    private static string Spread(double[] values)
    {
        double mean = values.Average();
        return values.Length == 1
            ? Format($"{mean:0.000}")
            : Format($"{mean:0.000} ± {values.Max(value => Math.Abs(value - mean)):0.000}");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
