using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>The axes of a chart, and where values are between them. A chart is as wide as there is room for, and never
/// wider.</summary>
/// <param name="Horizontal">The name of the horizontal axis.</param>
/// <param name="Vertical">The name of the vertical axis; a narrow page leaves it out.</param>
/// <param name="X">Its values from left to right.</param>
/// <param name="Y">Its values from bottom to top.</param>
/// <param name="XFormat">How the former are printed.</param>
/// <param name="YFormat">How the latter are printed.</param>
internal sealed record Frame(string Horizontal, string Vertical, Scale X, Scale Y, string XFormat, string YFormat)
{
    private const double Width = 640;
    private const double LeastHeight = 360;
    private const double TitleWidth = 22;
    private const double CharacterWidth = 8;
    private const double Right = 18;
    private const double Top = 14;
    private const double Bottom = 52;
    private const double Gap = 8;
    private const double TextHeight = 12;
    private const double LabelHeight = 22;

    private double Left => TitleWidth + Y.Ticks.Max(tick => Print(tick, YFormat).Length) * CharacterWidth + Gap;

    /// <summary>The height of the picture.</summary>
    public double Height { get; init; } = LeastHeight;

    /// <summary>From the left edge.</summary>
    public double PlaceX(double value) => Left + X.Place(value) * (Width - Left - Right);

    /// <summary>From the upper edge.</summary>
    public double PlaceY(double value) => Floor - Y.Place(value) * (Floor - Ceiling);

    /// <summary>The left and right ends of the axis.</summary>
    public (double From, double To) Span => (Left, Width - Right);

    /// <summary>The upper end of the vertical axis.</summary>
    public double Ceiling => Top;

    /// <summary>Its lower end.</summary>
    public double Floor => Height - Bottom;

    /// <summary>The frame, as high as it takes for its axis to have a length.</summary>
    public Frame WithRoomFor(double length) => this with { Height = Math.Max(Height, Top + length + Bottom) };

    /// <summary>The picture with something in it.</summary>
    /// <param name="description">What it shows, for those who do not see it.</param>
    /// <param name="style">The kind of chart, for the style sheet.</param>
    /// <param name="content">What is drawn between the axes.</param>
    public Html Around(string description, string style, Html content) => Html.Of($"""
        <svg class="chart {style}" viewBox="0 0 {Width:0.#} {Height:0.#}" role="img" aria-label="{description}">
        {Y.Ticks.Select(Row)}{X.Ticks.Select(Column)}<path class="axis" d="M{Left:0.#},{Ceiling:0.#}V{Floor:0.#}H{Width - Right:0.#}" />
        <text class="title" x="{(Left + Width - Right) / 2:0.#}" y="{Height - Gap:0.#}" text-anchor="middle">{Horizontal}</text>
        <text class="title upright" transform="translate({TextHeight:0.#},{(Ceiling + Floor) / 2:0.#}) rotate(-90)" text-anchor="middle">{Vertical}</text>
        {content}</svg>

        """);

    private Html Row(double tick) => Html.Of($"""
        <path class="grid" d="M{Left:0.#},{PlaceY(tick):0.#}H{Width - Right:0.#}" /><text x="{Left - Gap:0.#}" y="{PlaceY(tick) + TextHeight / 3:0.#}" text-anchor="end">{Print(tick, YFormat)}</text>

        """);

    private Html Column(double tick) => Html.Of($"""
        <path class="grid" d="M{PlaceX(tick):0.#},{Floor:0.#}v4" /><text x="{PlaceX(tick):0.#}" y="{Floor + LabelHeight:0.#}" text-anchor="middle">{Print(tick, XFormat)}</text>

        """);

    private static string Print(double value, string format)
        => value.ToString(format, System.Globalization.CultureInfo.InvariantCulture);
}
