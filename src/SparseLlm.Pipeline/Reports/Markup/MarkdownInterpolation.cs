using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace SparseLlm.Pipeline.Reports.Markup;

/// <summary>An interpolated string whose literals are Markdown and whose holes are text or numbers to escape, or
/// Markdown already.</summary>
[InterpolatedStringHandler]
internal readonly struct MarkdownInterpolation(int literalLength, int formattedCount)
{
    private const int LengthOfHole = 16;

    private readonly StringBuilder builder = new(literalLength + formattedCount * LengthOfHole);

    /// <summary>Adds markup.</summary>
    public void AppendLiteral(string markup) => builder.Append(markup);

    /// <summary>Adds markup.</summary>
    public void AppendFormatted(Markdown markup) => builder.Append(markup.ToString());

    /// <summary>Adds text.</summary>
    public void AppendFormatted(string? text) => builder.Append(Markdown.Escape(text ?? ""));

    /// <summary>Adds a number, the same everywhere.</summary>
    public void AppendFormatted<T>(T value, string? format = null)
        where T : IFormattable => AppendFormatted(value.ToString(format, CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override string ToString() => builder.ToString();
}
