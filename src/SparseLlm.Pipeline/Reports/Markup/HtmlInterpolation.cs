using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Xml;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Reports.Markup;

/// <summary>An interpolated string whose literals are markup and whose holes are text or numbers to encode, or markup
/// already.</summary>
[InterpolatedStringHandler]
internal readonly struct HtmlInterpolation(int literalLength, int formattedCount)
{
    private const int LengthOfHole = 16;
    private const char Replacement = '\uFFFD';

    private readonly StringBuilder builder = new(literalLength + formattedCount * LengthOfHole);

    /// <summary>Adds markup.</summary>
    public void AppendLiteral(string markup) => builder.Append(markup);

    /// <summary>Adds markup.</summary>
    public void AppendFormatted(Html markup) => builder.Append(markup.ToString());

    /// <summary>Adds pieces of markup.</summary>
    public void AppendFormatted(IEnumerable<Html> pieces)
    {
        foreach (Html piece in pieces)
        {
            AppendFormatted(piece);
        }
    }

    /// <summary>Adds text.</summary>
    public void AppendFormatted(string? text) => builder.Append(WebUtility.HtmlEncode(Shown(text ?? "")));

    /// <summary>Adds a number, the same everywhere.</summary>
    public void AppendFormatted<T>(T value, string? format = null)
        where T : IFormattable => AppendFormatted(value.ToString(format, CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override string ToString() => builder.ToString();

    /// <summary>File names may hold characters that no document may, and some by which one name looks like
    /// another.</summary>
    private static string Shown(string text) =>
        text.All(unit => XmlConvert.IsXmlChar(unit) && !Printable.IsMarkOfDirection(unit))
            ? text
            : string.Concat(text.EnumerateRunes().Select(Shown));

    private static string Shown(Rune rune) =>
        rune.IsBmp && Printable.IsMarkOfDirection((char)rune.Value) ? Printable.Of(rune.ToString())
        : IsAllowed(rune) ? rune.ToString()
        : Replacement.ToString();

    private static bool IsAllowed(Rune rune) => !rune.IsBmp || XmlConvert.IsXmlChar((char)rune.Value);
}
