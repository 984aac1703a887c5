namespace SparseLlm.Pipeline.Reports.Markup;

/// <summary>A table in a box of its own that scrolls where the page is narrower; the first cell of a row is its
/// heading.</summary>
/// <param name="label">What it is, for those who do not see it.</param>
/// <param name="columns">The headings; those that end in <c>#</c> are of numbers, those that end in <c>~</c> of
/// sentences.</param>
internal sealed class Table(string label, params string[] columns)
{
    private const char Number = '#';
    private const char Prose = '~';

    // A class for every column, so that a narrow page makes the table scroll rather than its sentences tall.
    private readonly string[] classes = [.. columns.Select(
        column => column.EndsWith(Number) ? "number" : column.EndsWith(Prose) ? "prose" : "text")];

    /// <summary>The table with these rows, each with a cell for every column.</summary>
    public Html With(IEnumerable<Html[]> rows) => Html.Of($"""
        <div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>
        <thead><tr>{columns.Select(Heading)}</tr></thead>
        <tbody>
        {rows.Select(Row)}</tbody>
        </table></div>

        """);

    private Html Heading(string column, int index)
        => Html.Of($"""<th scope="col" class="{classes[index]}">{column.TrimEnd(Number, Prose)}</th>""");

    private Html Row(Html[] cells) => Html.Of($"<tr>{cells.Select(Cell)}</tr>\n");

    private Html Cell(Html content, int index) => index == 0
        ? Html.Of($"""<th scope="row">{content}</th>""")
        : Html.Of($"""<td class="{classes[index]}">{content}</td>""");
}
