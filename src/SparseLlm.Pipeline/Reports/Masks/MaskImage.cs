using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Masks;

/// <summary>Draws mask densities in sixteen steps of colours that people see alike whatever colours they see.</summary>
/// <param name="full">The share that has the brightest colour.</param>
internal sealed class MaskImage(double full)
{
    private const int LongestSide = 128;
    private const int ShortestSide = 24;

    // Cividis (Nuñez, Anderton and Renslow 2018).
    private static readonly byte[] Palette =
    [
        0, 32, 76, 0, 52, 110, 39, 63, 108, 60, 74, 107, 76, 85, 107, 91, 95, 109, 104, 106, 112, 117, 117, 117,
        131, 129, 120, 146, 140, 120, 161, 152, 118, 176, 165, 114, 192, 178, 109, 209, 192, 102, 225, 204, 92, 255,
        233, 69,
    ];

    private static readonly int Colors = Palette.Length / 3;

    /// <summary>A matrix, its longer side always equally long.</summary>
    /// <param name="mask">Its densities.</param>
    /// <param name="shape">Outputs and inputs.</param>
    /// <param name="description">What it shows, for those who do not see it and for those who point at it.</param>
    public Html Draw(MaskDensity mask, IReadOnlyList<int> shape, string description)
    {
        double scale = (double)LongestSide / Math.Max(shape[0], shape[1]);
        (int height, int width) = (Side(shape[0] * scale), Side(shape[1] * scale));
        byte[] points = [.. mask.Cells.Select(cell => Step(cell / (double)byte.MaxValue))];
        return Html.Of($"""<img src="{Source(mask.Columns, mask.Rows, points)}" width="{width}" height="{height}" alt="{description}" title="{description}" />""");
    }

    /// <summary>The colours from none to the brightest.</summary>
    public Html Legend() => Html.Of($"""
        <p class="ramp"><span>0 % kept</span><img src="{Source(Colors, 1, [.. Enumerable.Range(0, Colors).Select(step => (byte)step)])}" width="160" height="14" alt="from dark blue to yellow" /><span>{full:0 %} kept</span></p>

        """);

    private byte Step(double share) => (byte)Math.Min(share / full * Colors, Colors - 1);

    private static int Side(double length) => (int)Math.Max(Math.Round(length), ShortestSide);

    private static string Source(int width, int height, byte[] points) =>
        "data:image/png;base64," + Convert.ToBase64String(Png.Encode(width, height, points, Palette));
}
