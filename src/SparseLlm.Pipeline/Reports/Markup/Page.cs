namespace SparseLlm.Pipeline.Reports.Markup;

/// <summary>A page that needs nothing but itself: style and pictures are inside, and its policy forbids the browser to
/// load or run anything.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Lead">A sentence or two under the title.</param>
/// <param name="Sections">What follows; empty ones are left out.</param>
/// <param name="Footer">The last line.</param>
internal sealed record Page(string Title, Html Lead, IReadOnlyList<Section> Sections, Html Footer)
{
    /// <summary>What tells programs whose page this is, if anything.</summary>
    public string? Owner { get; init; }

    /// <summary>The whole document.</summary>
    public string Render()
    {
        Section[] sections = [.. Sections.Where(section => !section.IsEmpty)];
        return Html.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:" />
            <meta name="color-scheme" content="light dark" />
            <meta name="owner" content="{Owner}" />
            <title>{Title}</title>
            <style>
            {Html.StyleSheet("report.css")}</style>
            </head>
            <body>
            <header>
            <h1>{Title}</h1>
            <p>{Lead}</p>
            <nav aria-label="Sections"><ul>{sections.Select(section => Html.Of($"""<li><a href="#{section.Id}">{section.Heading}</a></li>"""))}</ul></nav>
            </header>
            <main>
            {sections.Select(section => section.Render())}</main>
            <footer><p>{Footer}</p></footer>
            </body>
            </html>

            """).ToString();
    }
}
