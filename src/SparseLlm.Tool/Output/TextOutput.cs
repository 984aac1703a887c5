using SparseLlm.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SparseLlm.Tool.Output;

/// <summary>A result as text for a person. Names in it stay text on their line: they can hold markup, line breaks and
/// what commands a terminal.</summary>
internal sealed class TextOutput(IAnsiConsole console)
{
    private const char Number = '#';
    private const char Optional = '?';

    /// <summary>Writes a line, however wide the terminal is.</summary>
    public void WriteLine(string text) => console.Profile.Out.Writer.WriteLine(Printable.Of(text));

    /// <summary>
    /// Writes a table. No word of it is broken: a terminal too narrow for all columns gets fewer of them, and one that
    /// is too narrow for those that are needed gets them below each other, row by row.
    /// </summary>
    /// <param name="columns">The headings; those that end in <c>#</c> are of numbers, those that then end in <c>?</c>
    /// are left out where they are empty, and where there is no room, the last one first.</param>
    /// <param name="rows">Rows with a cell for every column.</param>
    public void WriteTable(string[] columns, IEnumerable<string[]> rows)
    {
        string[][] cells = [.. rows];
        int[] filled = [.. Enumerable.Range(0, columns.Length).Where(
            column => !columns[column].EndsWith(Optional) || cells.Any(row => row[column].Length > 0))];
        List<int> shown = [.. filled];
        Table table = CreateTable(columns, cells, shown);
        while (Width(table) > console.Profile.Width
            && shown.FindLastIndex(column => columns[column].EndsWith(Optional)) is >= 0 and var last)
        {
            shown.RemoveAt(last);
            table = CreateTable(columns, cells, shown);
        }

        if (Width(table) > console.Profile.Width)
        {
            WriteRows(columns, cells);
            return;
        }

        console.Write(table);
        if (shown.Count < filled.Length)
        {
            IEnumerable<string> hidden = filled.Except(shown)
                .Select(column => Heading(columns[column]));
            WriteLine($"(a wider terminal shows {string.Join(", ", hidden)} too)");
        }
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

    private static Table CreateTable(string[] columns, string[][] rows, List<int> shown)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (string column in shown.Select(index => columns[index].TrimEnd(Optional)))
        {
            TableColumn heading = new TableColumn(new Text(Heading(column))).NoWrap();
            table.AddColumn(column.EndsWith(Number) ? heading.RightAligned() : heading);
        }

        foreach (string[] row in rows)
        {
            table.AddRow(shown.Select(index => Cell(row[index])));
        }

        return table;
    }

    private static string Heading(string column) => column.TrimEnd(Optional).TrimEnd(Number);

    private int Width(Table table)
        => ((IRenderable)table).Measure(RenderOptions.Create(console, console.Profile.Capabilities), int.MaxValue).Max;

    private void WriteRows(string[] columns, string[][] rows)
    {
        foreach (string[] row in rows)
        {
            WritePairs(columns.Select(Heading).Zip(row).Where(pair => pair.Second.Length > 0));
            WriteLine("");
        }
    }

    private static Text Cell(string text) => new(Printable.Of(text));
}
