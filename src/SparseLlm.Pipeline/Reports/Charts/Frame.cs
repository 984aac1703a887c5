using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Charts;

/// <summary>The axes of a chart, and where values are between them.</summary>
/// <param name="Horizontal">The name of the horizontal axis.</param>
/// <param name="Vertical">The name of the vertical axis.</param>
/// <param name="X">Its values from left to right.</param>
/// <param name="Y">Its values from bottom to top.</param>
/// <param name="XFormat">How the former are printed.</param>
/// <param name="YFormat">How the latter are printed.</param>
/// <param name="Width">Of the whole picture.</param>
internal sealed record Frame(string Horizontal, string Vertical, Scale X, Scale Y, string XFormat, string YFormat, double Width = Frame.StandardWidth)
{
    /// <summary>The width of a picture that says nothing else.</summary>
    public const double StandardWidth = 640;

    private const double Height = 320;
    private const double Left = 66;
    private const double Right = 18;
    private const double Top = 14;
    private const double Bottom = 50;
    private const double Gap = 8;
    private const double LineHeight = 12;
    private const double MinimumScale = 0.75;
    private const double MaximumScale = 1.35;

    /// <summary>From the left edge.</summary>
    public double PlaceX(double value) => Left + X.Place(value) * (Width - Left - Right);

    /// <summary>From the upper edge.</summary>
    public double PlaceY(double value) => Height - Bottom - Y.Place(value) * (Height - Top - Bottom);

    /// <summary>The left and right ends of the axis.</summary>
    public (double From, double To) Span => (Left, Width - Right);

    /// <summary>The picture with something in it.</summary>
    /// <param name="description">What it shows, for those who do not see it.</param>
    /// <param name="content">What is drawn between the axes.</param>
    public Html Around(string description, Html content) => Html.Of($"""
        <div class="scroll" tabindex="0" role="region" aria-label="{description}"><svg class="chart" viewBox="0 0 {Width:0.#} {Height:0.#}" role="img" aria-label="{description}" style="min-width:{Width * MinimumScale:0.#}px;max-width:{Width * MaximumScale:0.#}px">
        {Y.Ticks.Select(Row)}{X.Ticks.Select(Column)}<path class="axis" d="M{Left:0.#},{Top:0.#}V{Height - Bottom:0.#}H{Width - Right:0.#}" />
        <text class="title" x="{(Left + Width - Right) / 2:0.#}" y="{Height - Gap:0.#}" text-anchor="middle">{Horizontal}</text>
        <text class="title" transform="translate({LineHeight:0.#},{(Top + Height - Bottom) / 2:0.#}) rotate(-90)" text-anchor="middle">{Vertical}</text>
        {content}</svg></div>

        """);

    private Html Row(double tick) => Html.Of($"""
        <path class="grid" d="M{Left:0.#},{PlaceY(tick):0.#}H{Width - Right:0.#}" /><text x="{Left - Gap:0.#}" y="{PlaceY(tick) + LineHeight / 3:0.#}" text-anchor="end">{Print(tick, YFormat)}</text>

        """);

    private Html Column(double tick) => Html.Of($"""
        <path class="grid" d="M{PlaceX(tick):0.#},{Height - Bottom:0.#}v4" /><text x="{PlaceX(tick):0.#}" y="{Height - Bottom + LineHeight + Gap:0.#}" text-anchor="middle">{Print(tick, XFormat)}</text>

        """);

    private static Html Print(double value, string format) => value.ToString(format, System.Globalization.CultureInfo.InvariantCulture);
}
