using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>A line for each series, with its points, and its name at its end.</summary>
/// <param name="Axes">The axes.</param>
/// <param name="Series">The lines.</param>
internal sealed record LineChart(Frame Axes, IReadOnlyList<Series> Series)
{
    private const int LongestLabel = 30;
    private const double LabelGap = 12;
    private const double MarkerGap = 10;
    private const double TextMiddle = 4;

    private Frame Frame => Axes.WithRoomFor((Series.Count + 1) * EndLabels.Distance);

    /// <summary>A value to compare with, drawn across.</summary>
    public Point? Reference { get; init; }

    /// <summary>The picture and its legend.</summary>
    /// <param name="description">What it shows, for those who do not see it.</param>
    public Html Draw(string description) => Html.Of(
            $"{Frame.Around(description, "lines", Content())}{Marker.Legend(Series, isOfLines: true, Reference?.Label)}");

    private Html Content() => Html.Join(
        [.. Reference is { } reference ? [DrawReference(reference)] : (Html[])[], .. Series.Select(Draw), .. Labels()]);

    private Html DrawReference(Point reference) => Html.Of($"""
        <g class="reference"><title>{reference.Label}</title><path d="M{Frame.Span.From:0.#},{Frame.PlaceY(reference.Y):0.#}H{Frame.Span.To:0.#}" /></g>

        """);

    private Html Draw(Series series, int index) => Html.Of($"""
        <g class="{Marker.Color(index)}">
        <polyline class="line" points="{string.Join(' ', series.Points.Select(point => FormattableString.Invariant($"{Frame.PlaceX(point.X):0.#},{Frame.PlaceY(point.Y):0.#}")))}" stroke-dasharray="{Marker.Dash(index)}" />
        {series.Points.Select(point => Draw(point, index))}</g>

        """);

    /// <summary>A point, with more room around it to point at.</summary>
    private Html Draw(Point point, int series) => Html.Of($"""
        <g class="point" transform="translate({Frame.PlaceX(point.X):0.#},{Frame.PlaceY(point.Y):0.#})"><title>{point.Label}</title><circle class="target" r="9" /><path class="mark" d="{Marker.Shape(series)}" /></g>

        """);

    /// <summary>The names at the ends of the lines, which stand beside the picture.</summary>
    private IEnumerable<Html> Labels()
    {
        Point?[] ends = [.. Series.Select(series => (Point?)series.Points[^1]), .. Reference is { } reference
            ? [reference]
            : (Point?[])[]];
        double[] places = EndLabels.Place([.. ends.Select(end => Frame.PlaceY(end!.Value.Y))], Frame.Floor);
        return
        [
            .. Series.Select((series, index) => Label(series, index, places[index])),
            .. Reference is { } across ? [Html.Of($"""<text class="end" x="{Frame.Span.To + LabelGap:0.#}" y="{places[^1] + TextMiddle:0.#}">{across.Label}</text>{"\n"}""")] : (Html[])[],
        ];
    }

    private Html Label(Series series, int index, double place)
    {
        Point last = series.Points[^1];
        double x = Frame.Span.To + LabelGap;
        return Html.Of($"""
            <g class="end {Marker.Color(index)}"><path class="leader" d="M{Frame.PlaceX(last.X):0.#},{Frame.PlaceY(last.Y):0.#}L{x:0.#},{place:0.#}" /><path class="mark" transform="translate({x:0.#},{place:0.#})" d="{Marker.Shape(index)}" /><text x="{x + MarkerGap:0.#}" y="{place + TextMiddle:0.#}">{Short(series.Name)}</text></g>

            """);
    }

    private static string Short(string name) => name.Length <= LongestLabel ? name : name[..(LongestLabel - 1)] + "…";
}
