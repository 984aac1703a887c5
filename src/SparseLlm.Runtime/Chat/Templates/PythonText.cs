using System.Globalization;
using System.Text;

namespace SparseLlm.Runtime.Chat.Templates;

/// <summary>What Python takes for a character, for white space, for a line and for printable.</summary>
internal static class PythonText
{
    /// <summary>Whether a character is white space. .NET does not count the four separators of ASCII.</summary>
    public static bool IsSpace(char unit) => char.IsWhiteSpace(unit) || unit is >= '\x1C' and <= '\x1F';

    /// <summary>The first position from here on that has no white space.</summary>
    public static int SkipSpace(string text, int position)
    {
        while (position < text.Length && IsSpace(text[position]))
        {
            position++;
        }

        return position;
    }

    /// <summary>The text without white space, or without any of some characters, at its beginning.</summary>
    public static string TrimStart(string text, string? characters = null)
    {
        int start = 0;
        while (start < text.Length && IsTrimmed(text[start], characters))
        {
            start++;
        }

        return text[start..];
    }

    /// <summary>The text without white space, or without any of some characters, at its end.</summary>
    public static string TrimEnd(string text, string? characters = null)
    {
        int end = text.Length;
        while (end > 0 && IsTrimmed(text[end - 1], characters))
        {
            end--;
        }

        return text[..end];
    }

    /// <summary>How many characters a text has: code points, where .NET counts the halves of surrogate pairs.</summary>
    public static int Length(string text)
    {
        int length = text.Length;
        if (text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            for (int i = 1; i < text.Length; i++)
            {
                length -= char.IsSurrogatePair(text[i - 1], text[i]) ? 1 : 0;
            }
        }

        return length;
    }

    /// <summary>The characters of a text, each as a text.</summary>
    public static IEnumerable<string> Characters(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                yield return text.Substring(i++, 2);
            }
            else
            {
                yield return text[i].ToString();
            }
        }
    }

    /// <summary>The lines of a text, perhaps with what ends them.</summary>
    public static List<string> Lines(string text, bool keepsEnds = false)
    {
        var lines = new List<string>();
        int start = 0;
        while (start < text.Length)
        {
            int end = start;
            while (end < text.Length && !IsLineBreak(text[end]))
            {
                end++;
            }

            int next = end == text.Length
                ? end
                : end + (text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1);
            lines.Add(text[start..(keepsEnds ? next : end)]);
            start = next;
        }

        return lines;
    }

    /// <summary>The text in capitals.</summary>
    public static string Upper(string text) => text.ToUpperInvariant().Replace("ß", "SS", StringComparison.Ordinal);

    /// <summary>The first character as a capital, the others small.</summary>
    public static string Capitalized(string text)
    {
        int first = text.Length > 1 && char.IsSurrogatePair(text[0], text[1]) ? 2 : Math.Min(1, text.Length);
        return text[..first].ToUpperInvariant() + text[first..].ToLowerInvariant();
    }

    /// <summary>Appends a text as Python writes it in source code.</summary>
    public static void AppendRepresentation(StringBuilder written, string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal)
            ? '"'
            : '\'';
        written.Append(quote);
        for (int i = 0; i < text.Length; i++)
        {
            bool isPair = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]);
            AppendCharacter(written, isPair ? char.ConvertToUtf32(text[i], text[i + 1]) : text[i], quote);
            i += isPair ? 1 : 0;
        }

        written.Append(quote);
    }

    private static void AppendCharacter(StringBuilder written, int code, char quote)
    {
        string? escape = code switch
        {
            '\\' => @"\\",
            '\n' => @"\n",
            '\r' => @"\r",
            '\t' => @"\t",
            _ when code == quote => $"\\{quote}",
            _ when IsPrintable(code) => null,
            <= 0xFF => string.Create(CultureInfo.InvariantCulture, $@"\x{code:x2}"),
            <= 0xFFFF => string.Create(CultureInfo.InvariantCulture, $@"\u{code:x4}"),
            _ => string.Create(CultureInfo.InvariantCulture, $@"\U{code:x8}"),
        };
        if (escape is not null)
        {
            written.Append(escape);
        }
        else if (code > char.MaxValue)
        {
            written.Append(char.ConvertFromUtf32(code));
        }
        else
        {
            written.Append((char)code);
        }
    }

    private static bool IsPrintable(int code) => code == ' ' || CharUnicodeInfo.GetUnicodeCategory(code) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private static bool IsTrimmed(char unit, string? characters)
        => characters is null ? IsSpace(unit) : characters.Contains(unit, StringComparison.Ordinal);

    private static bool IsLineBreak(char unit)
        => unit is (>= '\n' and <= '\r') or (>= '\x1C' and <= '\x1E') or '\x85' or '\u2028' or '\u2029';
}
