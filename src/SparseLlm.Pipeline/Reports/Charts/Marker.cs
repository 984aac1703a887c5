using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>What tells series apart: a colour, and for those who do not see it a shape of points and dashes of
/// lines.</summary>
internal static class Marker
{
    /// <summary>The number of colours in the style sheet.</summary>
    private const int Colors = 8;

    private static readonly string[] Shapes =
    [
        "M-3.5,0a3.5,3.5 0 1,0 7,0a3.5,3.5 0 1,0 -7,0z",
        "M-3.2,-3.2h6.4v6.4h-6.4z",
        "M0,-4.6l4.6,4.6l-4.6,4.6l-4.6,-4.6z",
        "M0,-4.4l4.4,7.6h-8.8z",
        "M0,4.4l4.4,-7.6h-8.8z",
        "M-4.2,-1.4h2.8v-2.8h2.8v2.8h2.8v2.8h-2.8v2.8h-2.8v-2.8h-2.8z",
        "M-5,-2h10v4h-10z",
        "M-2,-5h4v10h-4z",
        "M-4.5,-3.5h9l-4.5,3.5l4.5,3.5h-9l4.5,-3.5z",
    ];

    private static readonly string[] Dashes = ["none", "7 3", "2 3", "9 3 2 3", "12 4"];

    /// <summary>The class that gives a series its colour.</summary>
    public static string Color(int series) => FormattableString.Invariant($"s{series % Colors}");

    /// <summary>The outline of its points, around the origin.</summary>
    public static string Shape(int series) => Shapes[series % Shapes.Length];

    /// <summary>The dashes of its line.</summary>
    public static string Dash(int series) => Dashes[series % Dashes.Length];

    /// <summary>The names of series beside how they are drawn, and that of a line across.</summary>
    public static Html Legend(IReadOnlyList<Series> series, bool isOfLines, string? reference = null) => Html.Of($"""
        <ul class="legend">{series.Select((one, index) => Item(Color(index), Sample(index, isOfLines), one.Name))}{(reference is null ? Html.Empty : Item("reference", Html.Of($"""<path d="M-15,0h30" />"""), reference))}</ul>

        """);

    private static Html Item(string style, Html sample, string name) =>
        Html.Of($"""<li><svg width="30" height="14" viewBox="-15 -7 30 14" aria-hidden="true" class="{style}">{sample}</svg> {name}</li>""");

    private static Html Sample(int series, bool isOfLine) => isOfLine
        ? Html.Of($"""<path class="line" d="M-15,0h30" stroke-dasharray="{Dash(series)}" /><path class="mark" d="{Shape(series)}" />""")
        : Html.Of($"""<path class="mark" d="M-7,-6h14v12h-14z" />""");
}
