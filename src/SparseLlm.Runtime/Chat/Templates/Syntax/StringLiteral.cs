using System.Globalization;
using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>Texts in quotation marks, with Python's escapes.</summary>
internal static class StringLiteral
{
    /// <summary>Reads one.</summary>
    /// <param name="text">The template.</param>
    /// <param name="position">Where it begins; afterwards, where it has ended.</param>
    /// <param name="lines">The template's lines.</param>
    public static string Read(string text, ref int position, LineCounter lines)
    {
        int start = position;
        var content = new StringBuilder();
        for (int i = start + 1; i < text.Length; i++)
        {
            if (text[i] == text[start])
            {
                position = i + 1;
                return content.ToString();
            }

            if (text[i] == '\\' && i + 1 < text.Length)
            {
                i = AppendEscape(content, text, i, lines) - 1;
            }
            else
            {
                content.Append(text[i]);
            }
        }

        throw TemplateException.Malformed("the string that begins here has no end", lines.Place(start));
    }

    /// <summary>Appends what an escape stands for. One that Python does not know stands for itself.</summary>
    /// <returns>Where what is behind it begins.</returns>
    private static int AppendEscape(StringBuilder content, string text, int start, LineCounter lines)
    {
        char kind = text[start + 1];
        switch (kind)
        {
            case '\n':
                return start + 2;
            case 'x':
                return AppendHexadecimal(content, text, start, 2, lines);
            case 'u':
                return AppendHexadecimal(content, text, start, 4, lines);
            case 'U':
                return AppendHexadecimal(content, text, start, 8, lines);
            case 'N':
                throw TemplateException.Unsupported(@"the escape '\N'", lines.Place(start));
            case >= '0' and <= '7':
                return AppendOctal(content, text, start + 1);
            default:
                content.Append(kind switch
                {
                    'n' => "\n",
                    't' => "\t",
                    'r' => "\r",
                    'a' => "\a",
                    'b' => "\b",
                    'f' => "\f",
                    'v' => "\v",
                    '\\' or '\'' or '"' => kind.ToString(),
                    _ => $"\\{kind}",
                });
                return start + 2;
        }
    }

    private static int AppendHexadecimal(StringBuilder content, string text, int start, int length, LineCounter lines)
    {
        int end = start + 2 + length;
        if (end > text.Length
            || !uint.TryParse(
                text.AsSpan(start + 2, length),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out uint code)
            || code > 0x10FFFF)
        {
            throw TemplateException.Malformed(
                $"'\\{text[start + 1]}' must be followed by {length} hexadecimal digits of a character",
                lines.Place(start));
        }

        AppendCode(content, code);
        return end;
    }

    private static int AppendOctal(StringBuilder content, string text, int start)
    {
        uint code = 0;
        int end = start;
        while (end < text.Length && end < start + 3 && text[end] is >= '0' and <= '7')
        {
            code = (code * 8) + (uint)(text[end++] - '0');
        }

        AppendCode(content, code);
        return end;
    }

    private static void AppendCode(StringBuilder content, uint code)
    {
        if (code > char.MaxValue)
        {
            content.Append(char.ConvertFromUtf32((int)code));
        }
        else
        {
            content.Append((char)code);
        }
    }
}
