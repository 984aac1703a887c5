using System.Globalization;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Rewrites one character class, <c>[...]</c>, for .NET.</summary>
/// <param name="pattern">The whole expression.</param>
/// <param name="ignoreCase">Whether case is ignored where the class stands.</param>
internal sealed class OnigurumaClass(string pattern, bool ignoreCase)
{
    private readonly StringBuilder _output = new("[");

    /// <summary>The class whose opening bracket is just before <paramref name="position"/>, which moves behind it.</summary>
    public string Translate(ref int position)
    {
        if (position < pattern.Length && pattern[position] == '^')
        {
            position++;
            _output.Append('^');
        }

        Members(ref position);
        return _output.Append(']').ToString();
    }

    private void Members(ref int position)
    {
        if (At(position, "]"))
        {
            throw new NotSupportedException("a character class is empty.");
        }

        while (!At(position, "]"))
        {
            if (position >= pattern.Length)
            {
                throw new NotSupportedException("a character class is not closed.");
            }

            if (At(position, "&&") || At(position, "[:") || At(position, "[^"))
            {
                throw new NotSupportedException($"'{pattern.Substring(position, 2)}' in a class is not supported.");
            }

            // A class within a class is a union.
            if (At(position, "["))
            {
                position++;
                Members(ref position);
            }
            else if (Member(ref position) is char first)
            {
                Range(first, ref position);
            }
        }

        position++;
    }

    /// <summary>Reads one member: a character is returned, a class of characters is written.</summary>
    private char? Member(ref int position)
    {
        if (pattern[position] != '\\')
        {
            return pattern[position++];
        }

        OnigurumaEscape escape = OnigurumaEscape.Read(pattern, ref position);
        if (escape.Literal is null)
        {
            _output.Append(escape.Class switch
            {
                @"\w" => WordCharacters.OnigurumaClass,
                @"\b" => @"\u0008",
                @"\W" or @"\B" or @"\A" or @"\z" or @"\Z" =>
                    throw new NotSupportedException($"'{escape.Class}' in a character class is not supported."),
                _ => escape.Class,
            });
        }

        return escape.Literal;
    }

    private void Range(char first, ref int position)
    {
        char last = first;
        if (At(position, "-") && !At(position, "-]") && !At(position, "-["))
        {
            position++;
            last = position < pattern.Length && Member(ref position) is char end && end >= first
                ? end
                : throw new NotSupportedException("a range does not end in a character after its first.");
        }

        if (StandIns.AnyBetween(first, last))
        {
            throw new NotSupportedException($"the range U+{(int)first:X4} to U+{(int)last:X4} is not supported.");
        }

        _output.Append(CultureInfo.InvariantCulture, $@"\u{(int)first:X4}-\u{(int)last:X4}");
        if (ignoreCase && ((first <= 's' && last >= 's') || (first <= 'S' && last >= 'S')))
        {
            _output.Append(@"\u017F");
        }
    }

    private bool At(int position, string text) =>
        pattern.AsSpan(Math.Min(position, pattern.Length)).StartsWith(text, StringComparison.Ordinal);
}
