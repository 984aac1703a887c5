using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>A line for each series, with its points.</summary>
/// <param name="Frame">The axes.</param>
/// <param name="Series">The lines.</param>
internal sealed record LineChart(Frame Frame, IReadOnlyList<Series> Series)
{
    /// <summary>A value to compare with, drawn across.</summary>
    public Point? Reference { get; init; }

    /// <summary>The picture and its legend.</summary>
    /// <param name="description">What it shows, for those who do not see it.</param>
    public Html Draw(string description) => Html.Of($"{Frame.Around(description, Content())}{Marker.Legend(Series, isOfLines: true)}");

    private Html Content() => Html.Join([.. Reference is { } reference ? [DrawReference(reference)] : (Html[])[], .. Series.Select(Draw)]);

    private Html DrawReference(Point reference) => Html.Of($"""
        <g class="reference"><title>{reference.Label}</title><path d="M{Frame.Span.From:0.#},{Frame.PlaceY(reference.Y):0.#}H{Frame.Span.To:0.#}" /><text x="{Frame.Span.To:0.#}" y="{Frame.PlaceY(reference.Y) - 5:0.#}" text-anchor="end">{reference.Label}</text></g>

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
}
