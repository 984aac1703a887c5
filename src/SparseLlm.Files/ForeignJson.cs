using System.Text.Json;
using System.Text.Unicode;

namespace SparseLlm.Files;

/// <summary>
/// JSON as other programs write it: with a byte order mark (PowerShell), and with <c>NaN</c> and <c>Infinity</c>
/// (Python). What comes out can be asked for anything without an exception: it is valid UTF-8, and no string holds half
/// of a surrogate pair.
/// </summary>
public static class ForeignJson
{
    /// <summary>Parses a document.</summary>
    /// <param name="utf8">Its bytes; they are changed in place and belong to the document from then on.</param>
    /// <param name="replaceHalfPairs">Whether half a surrogate pair becomes U+FFFD, as texts are read, instead of being
    /// an error.</param>
    /// <param name="maximumTokens">Names, values, brackets and braces that there can be within reason; the document
    /// takes 12 bytes for each.</param>
    /// <exception cref="JsonException">It is not JSON, or too much; line and byte of the line are those in the
    /// file.</exception>
    /// <remarks>A number that JSON does not have becomes an empty list: nobody asks for one where a number or a text is
    /// expected.</remarks>
    public static JsonDocument Parse(byte[] utf8, bool replaceHalfPairs = false, int maximumTokens = int.MaxValue)
    {
        ReadOnlyMemory<byte> text = utf8.AsSpan().StartsWith("\uFEFF"u8) ? utf8.AsMemory(3) : utf8;
        if (!Utf8.IsValid(text.Span))
        {
            throw Error("the text is not valid UTF-8", text.Span, FirstInvalid(text.Span));
        }

        Mend(utf8.AsSpan(utf8.Length - text.Length), replaceHalfPairs);
        Count(text.Span, maximumTokens);
        return JsonDocument.Parse(text);
    }

    private static void Count(ReadOnlySpan<byte> text, int maximumTokens)
    {
        // A token has a byte at least.
        if (text.Length <= maximumTokens)
        {
            return;
        }

        var reader = new Utf8JsonReader(text);
        for (int tokens = 0; reader.Read(); tokens++)
        {
            if (tokens == maximumTokens)
            {
                throw Error(
                    FormattableString.Invariant($"there is more in it than {maximumTokens} values"),
                    text,
                    (int)reader.TokenStartIndex);
            }
        }
    }

    /// <summary>One pass over the text, inside and outside strings.</summary>
    private static void Mend(Span<byte> text, bool replaceHalfPairs)
    {
        for (int i = 0; i < text.Length;)
        {
            i = text[i] switch
            {
                (byte)'"' => MendString(text, i + 1, replaceHalfPairs),
                (byte)'N' or (byte)'I' or (byte)'-' => MendNumber(text, i),
                _ => i + 1,
            };
        }
    }

    /// <returns>Where the text goes on behind the string.</returns>
    private static int MendString(Span<byte> text, int i, bool replaceHalfPairs)
    {
        while (i < text.Length)
        {
            int step = text[i..].IndexOfAny((byte)'"', (byte)'\\');
            if (step < 0)
            {
                return text.Length;
            }

            i += step;
            if (text[i] == '"')
            {
                return i + 1;
            }

            i = MendEscape(text, i, replaceHalfPairs);
        }

        return i;
    }

    /// <returns>Where the string goes on behind the escape, or behind the two of a pair.</returns>
    private static int MendEscape(Span<byte> text, int i, bool replaceHalfPairs)
    {
        int unit = Unit(text, i);
        if (unit is < 0xD800 or > 0xDFFF)
        {
            return i + (unit < 0 ? 2 : 6);
        }

        if (unit < 0xDC00 && Unit(text, i + 6) is >= 0xDC00 and <= 0xDFFF)
        {
            return i + 12;
        }

        if (!replaceHalfPairs)
        {
            throw Error("a string holds half of a surrogate pair", text, i);
        }

        "\\ufffd"u8.CopyTo(text[i..]);
        return i + 6;
    }

    /// <summary>The UTF-16 unit that an escape <c>\uXXXX</c> stands for; -1 if there is another or none.</summary>
    private static int Unit(ReadOnlySpan<byte> text, int i) =>
        i + 6 <= text.Length && text[i] == '\\' && text[i + 1] == 'u'
        && ushort.TryParse(
            text.Slice(i + 2, 4),
            System.Globalization.NumberStyles.AllowHexSpecifier,
            null,
            out ushort unit)
            ? unit
            : -1;

    /// <returns>Where the text goes on.</returns>
    private static int MendNumber(Span<byte> text, int i)
    {
        foreach (byte[] number in NotNumbers)
        {
            if (text[i..].StartsWith(number))
            {
                text.Slice(i, number.Length).Fill((byte)' ');
                text[i] = (byte)'[';
                text[i + number.Length - 1] = (byte)']';
                return i + number.Length;
            }
        }

        return i + 1;
    }

    private static readonly byte[][] NotNumbers = ["NaN"u8.ToArray(), "Infinity"u8.ToArray(), "-Infinity"u8.ToArray()];

    private static int FirstInvalid(ReadOnlySpan<byte> text)
    {
        int place = 0;
        while (System.Text.Rune
            .DecodeFromUtf8(text[place..], out _, out int length) == System.Buffers.OperationStatus.Done)
        {
            place += length;
        }

        return place;
    }

    private static JsonException Error(string problem, ReadOnlySpan<byte> text, int place)
    {
        ReadOnlySpan<byte> before = text[..place];
        return new JsonException(problem, null, before.Count((byte)'\n'), place - (before.LastIndexOf((byte)'\n') + 1));
    }
}
