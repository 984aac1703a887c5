using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>Groups of bars beside each other, one bar of a group for each series; the place of a group is a whole
/// number.</summary>
/// <param name="Horizontal">The name of the horizontal axis.</param>
/// <param name="Vertical">The name of the vertical axis.</param>
/// <param name="YFormat">How values are printed.</param>
/// <param name="Series">The bars.</param>
internal sealed record BarChart(string Horizontal, string Vertical, string YFormat, IReadOnlyList<Series> Series)
{
    private const double WidestBar = 22;
    private const double GroupShare = 0.84;

    /// <summary>The picture and its legend.</summary>
    /// <param name="description">What it shows, for those who do not see it.</param>
    /// <param name="atLeast">What the vertical axis reaches in any case.</param>
    public Html Draw(string description, double atLeast)
    {
        double[] places = [.. Series.SelectMany(series => series.Points).Select(point => point.X).Distinct()];
        var frame = new Frame(
            Horizontal,
            Vertical,
            Scale.Whole(places.Min(), places.Max()),
            Scale.Linear([0, atLeast, .. Series.SelectMany(series => series.Points).Select(point => point.Y)]),
            "0",
            YFormat);
        double group = (frame.Span.To - frame.Span.From) / (places.Max() - places.Min() + 1);
        double bar = Math.Min(group * GroupShare / Series.Count, WidestBar);
        return Html.Of($"{frame.Around(description, "bars", Html.Join(Series.Select((series, index) => Draw(frame, series, index, bar))))}{Marker.Legend(Series, isOfLines: false)}");
    }

    private Html Draw(Frame frame, Series series, int index, double bar)
    {
        double zero = frame.PlaceY(0);
        double shift = (index - Series.Count / 2.0) * bar;
        return Html.Of($"""
            <g class="{Marker.Color(index)}">
            {series.Points.Select(point => Html.Of($"""<rect class="mark" x="{frame.PlaceX(point.X) + shift:0.##}" y="{frame.PlaceY(point.Y):0.##}" width="{bar * 0.9:0.##}" height="{zero - frame.PlaceY(point.Y):0.##}"><title>{point.Label}</title></rect>{"\n"}"""))}</g>

            """);
    }
}
