using System.Globalization;
using System.Text;

namespace SparseLlm.Diagnostics;

/// <summary>
/// Text that names from files stand in, on its way to a terminal or a log. A line break would begin a line that a build
/// system takes for a message of its own, an escape would command the terminal, and a mark of direction would let a
/// name look like another.
/// </summary>
public static class Printable
{
    /// <summary>The text on one line, with every character that is not printed written as an escape: <c>\n</c>,
    /// <c>\u001B</c>.</summary>
    public static string Of(string text)
        => text.Any(unit => IsCommand(unit) || char.IsSurrogate(unit)) ? Escaped(text) : text;

    /// <summary>Text of several lines: line breaks and tabs stay, everything else is as in <see cref="Of"/>.</summary>
    public static string Lines(string text)
        => string.Join('\n', text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n')
            .Select(line => string.Join('\t', line.Split('\t').Select(Of))));

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i))
            {
                escaped.Append(text[i++]).Append(text[i]);
                continue;
            }

            escaped.Append(text[i] switch
            {
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                var unit when IsCommand(unit) || char.IsSurrogate(unit) => string.Create(
                    CultureInfo.InvariantCulture,
                    $@"\u{(int)unit:X4}"),
                var unit => unit.ToString(),
            });
        }

        return escaped.ToString();
    }

    /// <summary>Whether a character changes the direction of what stands beside it (Unicode Standard Annex 9, table 1
    /// and 2).</summary>
    public static bool IsMarkOfDirection(char unit) =>
        unit is '\u200E' or '\u200F' or '\u061C' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    /// <summary>Controls, separators of lines and paragraphs, and the marks of direction.</summary>
    private static bool IsCommand(char unit)
        => char.IsControl(unit) || unit is '\u2028' or '\u2029' || IsMarkOfDirection(unit);
}
