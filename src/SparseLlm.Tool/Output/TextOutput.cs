using SparseLlm.Diagnostics;
using Spectre.Console;

namespace SparseLlm.Tool.Output;

/// <summary>A result as text for a person. Names in it stay text on their line: they can hold markup, line breaks and what commands a terminal.</summary>
internal sealed class TextOutput(IAnsiConsole console)
{
    private const char Number = '#';

    /// <summary>Writes a line, however wide the terminal is.</summary>
    public void WriteLine(string text) => console.Profile.Out.Writer.WriteLine(Printable.Of(text));

    /// <summary>Writes a table.</summary>
    /// <param name="columns">The headings; those that end in <c>#</c> are of numbers.</param>
    /// <param name="rows">Rows with a cell for every column.</param>
    public void WriteTable(string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (string column in columns)
        {
            var heading = new TableColumn(new Text(column.TrimEnd(Number)));
            table.AddColumn(column.EndsWith(Number) ? heading.RightAligned() : heading);
        }

        foreach (string[] row in rows)
        {
            table.AddRow(row.Select(Cell));
        }

        console.Write(table);
    }

    /// <summary>Writes names and what is to be said of each.</summary>
    public void WritePairs(IEnumerable<(string Name, string Value)> pairs)
    {
        Grid grid = new Grid().AddColumn().AddColumn();
        foreach ((string name, string value) in pairs)
        {
            grid.AddRow(Cell(name), Cell(value));
        }

        console.Write(grid);
    }

    private static Text Cell(string text) => new(Printable.Of(text));
}
