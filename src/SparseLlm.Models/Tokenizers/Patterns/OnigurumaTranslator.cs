using System.Globalization;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>
/// Rewrites a regular expression in Oniguruma's Ruby syntax, which tokenizer.json uses, as one that means the same in
/// .NET. Where the two cannot be made to agree it throws <see cref="NotSupportedException"/> with the reason.
/// </summary>
/// <remarks>
/// What differs and is rewritten: possessive quantifiers, a quantifier after an interval (<c>{1,3}+</c> repeats,
/// <c>{2}?</c> is optional), <c>^</c> and <c>$</c> (always lines), <c>\w</c> and <c>\b</c> (other word characters), a
/// class within a class (a union), <c>\x{...}</c>, <c>\p{^...}</c>, and the long s, which is an s when case is ignored.
/// </remarks>
internal sealed class OnigurumaTranslator
{
    private const string Word = $"[{WordCharacters.OnigurumaClass}]";
    private const string Boundary = $"(?:(?<={Word})(?!{Word})|(?<!{Word})(?={Word}))";
    private const string NoBoundary = $"(?:(?<={Word})(?={Word})|(?<!{Word})(?!{Word}))";

    private readonly string _pattern;
    private readonly StringBuilder _output = new();
    private int _position;

    private OnigurumaTranslator(string pattern) => _pattern = pattern;

    private bool AtEnd => _position == _pattern.Length;

    private char Current => _pattern[_position];

    /// <summary>The expression for .NET, to be compiled with explicit captures.</summary>
    public static string Translate(string pattern)
    {
        if (pattern.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            throw new NotSupportedException("characters beyond U+FFFF in a pattern are not supported.");
        }

        var translator = new OnigurumaTranslator(pattern);
        translator.Alternatives(ignoreCase: false);
        return translator.AtEnd
            ? translator._output.ToString()
            : throw new NotSupportedException("a parenthesis is not opened.");
    }

    private void Alternatives(bool ignoreCase)
    {
        // Set further on, the option would span the following alternatives in Ruby but not in .NET.
        while (Accept("(?i)"))
        {
            ignoreCase = true;
            _output.Append("(?i)");
        }

        while (!AtEnd && Current != ')')
        {
            int start = _output.Length;
            if (Accept("|"))
            {
                _output.Append('|');
            }
            else
            {
                Atom(ignoreCase);
                Quantifiers(start);
            }
        }
    }

    private void Atom(bool ignoreCase)
    {
        switch (Current)
        {
            case '(':
                Group(ignoreCase);
                break;
            case '[':
                _position++;
                _output.Append(new OnigurumaClass(_pattern, ignoreCase).Translate(ref _position));
                break;
            case '\\':
                Escape(ignoreCase);
                break;
            case '^':
                _position++;
                _output.Append(@"(?:(?m:^)(?!\z))");
                break;
            case '$':
                _position++;
                _output.Append("(?m:$)");
                break;
            case '.':
                _position++;
                _output.Append('.');
                break;
            case '*' or '+' or '?':
                throw new NotSupportedException("a quantifier has nothing to repeat.");
            default:
                Literal(_pattern[_position++], ignoreCase);
                break;
        }
    }

    private void Group(bool ignoreCase)
    {
        string[] openings = ["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?-i:"];
        string opening = openings.FirstOrDefault(Accept) ?? "(";
        if (opening == "(")
        {
            _position++;
            if (!AtEnd && Current == '?')
            {
                string kind = _pattern.Substring(_position - 1, Math.Min(3, _pattern.Length - _position + 1));
                throw new NotSupportedException($"the group '{kind}' is not supported.");
            }
        }

        _output.Append(opening);
        Alternatives(opening switch { "(?i:" => true, "(?-i:" => false, _ => ignoreCase });
        if (!Accept(")"))
        {
            throw new NotSupportedException("a parenthesis is not closed.");
        }

        _output.Append(')');
    }

    private void Escape(bool ignoreCase)
    {
        OnigurumaEscape escape = OnigurumaEscape.Read(_pattern, ref _position);
        if (escape.Literal is char literal)
        {
            Literal(literal, ignoreCase);
            return;
        }

        _output.Append(escape.Class switch
        {
            @"\w" => Word,
            @"\W" => $"[^{WordCharacters.OnigurumaClass}]",
            @"\b" => Boundary,
            @"\B" => NoBoundary,
            _ => escape.Class,
        });
    }

    private void Literal(char character, bool ignoreCase)
    {
        if (StandIns.AnyBetween(character, character))
        {
            throw new NotSupportedException($"the character U+{(int)character:X4} is not supported.");
        }

        // A space is never escaped: nothing turns on the option that ignores it.
        _output.Append(ignoreCase && character is 's' or 'S' ? @"[s\u017F]" : Escaped(character));
    }

    private void Quantifiers(int start)
    {
        while (!AtEnd && Quantifier() is string quantifier)
        {
            bool isInterval = quantifier[0] == '{';
            bool isExact = isInterval && !quantifier.Contains(',');
            if (!isExact && Accept("?"))
            {
                Wrap(start, "(?:", $"{quantifier}?)");
            }
            else if (!isInterval && Accept("+"))
            {
                Wrap(start, "(?>", $"{quantifier})");
            }
            else if (!AtEnd && Current is '*' or '+' or '?' or '{')
            {
                Wrap(start, "(?:", $"{quantifier})");
            }
            else
            {
                _output.Append(quantifier);
            }
        }
    }

    private string? Quantifier()
    {
        if (Current is '*' or '+' or '?')
        {
            return _pattern[_position++].ToString();
        }

        int close = Current == '{' ? _pattern.IndexOf('}', _position) : -1;
        string[] bounds = close < 0 ? [] : _pattern[(_position + 1)..close].Split(',');
        bool isInterval = bounds.Length is 1 or 2 && bounds.Any(bound => bound.Length > 0) &&
            bounds.All(bound => bound.All(char.IsAsciiDigit));
        if (!isInterval)
        {
            return null;
        }

        _position = close + 1;
        string minimum = bounds[0].Length == 0 ? "0" : bounds[0];
        return bounds.Length == 1 ? $"{{{minimum}}}" : $"{{{minimum},{bounds[1]}}}";
    }

    private void Wrap(int start, string opening, string closing) => _output.Insert(start, opening).Append(closing);

    private bool Accept(string text)
    {
        bool found = _pattern.AsSpan(_position).StartsWith(text, StringComparison.Ordinal);
        _position += found ? text.Length : 0;
        return found;
    }

    private static string Escaped(char character) => char.IsAsciiLetterOrDigit(character) || character == ' '
        ? character.ToString()
        : string.Create(CultureInfo.InvariantCulture, $@"\u{(int)character:X4}");
}
