using System.Globalization;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Benchmarks.Quality;

/// <summary>The Markdown table of what a model of some size has for perplexity, by bits of a weight.</summary>
internal sealed class CurveTable(string model, ModelDefinition definition, ResultFile results)
{
    private const string Preset = "sparsellm:balanced";

    private static readonly (string Method, string[] Patterns)[] Rows =
    [
        (Cell.DenseMethod, ["0"]),
        ($"{Cell.DenseMethod}+q8_0", ["0"]),
        ($"{Cell.DenseMethod}+q4_0", ["0"]),
        ($"{Cell.DenseMethod}+rtn4/64", ["0"]),
        ($"{Cell.DenseMethod}+rtn3/64", ["0"]),
        (Preset, ["0.5", "0.7", "2:4"]),
        ($"{Preset}+rtn4/64", ["0.5", "0.7", "2:4"]),
        ($"{Preset}+int4/64", ["0", "0.5", "0.6", "0.7", "2:4"]),
        ($"{Preset}+int8/64", ["0", "0.5", "0.6", "0.7", "2:4"]),
    ];

    /// <summary>What is measured of a model, on the first calibration set.</summary>
    public static IEnumerable<Cell> Cells(string model) => Rows.SelectMany(
        row => row.Patterns.Select(pattern => new Cell(model, row.Method, pattern, 0)));

    /// <summary>Writes what is known. Bold is what nothing as small or smaller is better than.</summary>
    public void Write(TextWriter output)
    {
        (Cell Cell, double Bits, double Perplexity)[] rows = [.. Cells(model)
            .Select(cell => (cell, StoredBits.PerWeight(cell, definition), results.Find(cell)?.Perplexity))
            .Where(row => row.Perplexity is not null)
            .Select(row => (row.cell, row.Item2, row.Perplexity!.Value))
            .OrderBy(row => row.Item2)
            .ThenBy(row => row.Value)];
        double dense = rows.Single(row => row.Cell.Method == Cell.DenseMethod).Perplexity;
        double least = double.PositiveInfinity;
        output.WriteLine(Format($"### {model} by bits (dense {dense:0.000})"));
        output.WriteLine();
        output.WriteLine("| bits per weight | method | sparsity | perplexity | above dense |");
        output.WriteLine("|---:|---|---:|---:|---:|");
        foreach ((Cell cell, double bits, double perplexity) in rows)
        {
            string mark = perplexity < least ? "**" : "";
            least = Math.Min(least, perplexity);
            output.WriteLine(Format(
                $"| {bits:0.00} | {mark}{cell.Method}{mark} | {cell.Pattern} | {perplexity:0.00} | {Share(perplexity)} |"));
        }

        output.WriteLine();

        string Share(double perplexity) => Format($"{100 * (perplexity / dense - 1):0.00;-0.00;0.00} %");
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
