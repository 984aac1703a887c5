namespace SparseLlm.Pipeline.Reports.Markup;

/// <summary>A table in a box of its own that scrolls where the page is narrower; the first cell of a row is its heading.</summary>
/// <param name="label">What it is, for those who do not see it.</param>
/// <param name="columns">The headings; those that end in <c>#</c> are of numbers.</param>
internal sealed class Table(string label, params string[] columns)
{
    private const char Number = '#';

    /// <summary>The table with these rows, each with a cell for every column.</summary>
    public Html With(IEnumerable<Html[]> rows) => Html.Of($"""
        <div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>
        <thead><tr>{columns.Select(Heading)}</tr></thead>
        <tbody>
        {rows.Select(Row)}</tbody>
        </table></div>

        """);

    private static Html Heading(string column) => column.EndsWith(Number)
        ? Html.Of($"""<th scope="col" class="number">{column.TrimEnd(Number)}</th>""")
        : Html.Of($"""<th scope="col">{column}</th>""");

    private Html Row(Html[] cells) => Html.Of($"<tr>{cells.Select(Cell)}</tr>\n");

    private Html Cell(Html content, int index)
    {
        if (index == 0)
        {
            return Html.Of($"""<th scope="row">{content}</th>""");
        }

        return columns[index].EndsWith(Number) ? Html.Of($"""<td class="number">{content}</td>""") : Html.Of($"<td>{content}</td>");
    }
}
