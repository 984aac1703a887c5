namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>Cuts the inside of a tag into tokens.</summary>
/// <param name="text">The template.</param>
/// <param name="lines">Its lines.</param>
/// <param name="tokens">Receives the tokens.</param>
/// <param name="position">Where the inside begins.</param>
internal sealed class TagLexer(string text, LineCounter lines, List<Token> tokens, int position)
{
    private static readonly string[] Symbols =
    [
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=",
        ".", ":", "|", ",", ";",
    ];

    private readonly Stack<char> _closing = new();
    private int _position = position;

    /// <summary>Reads up to the end of the tag.</summary>
    /// <param name="tag">Where the tag begins.</param>
    /// <param name="isBlock">Whether it is a block.</param>
    /// <returns>Where what is behind the tag begins.</returns>
    public int Read(int tag, bool isBlock)
    {
        while (_position < text.Length)
        {
            // Inside brackets, what looks like an end is two brackets.
            if (_closing.Count == 0 && Tags.TryEnd(text, _position, isBlock, out int behind))
            {
                Add(isBlock ? TokenKind.BlockEnd : TokenKind.VariableEnd, _position, "");
                return behind;
            }

            ReadToken();
        }

        string open = isBlock ? "{%" : "{{";
        throw TemplateException.Malformed($"the tag that begins here with '{open}' has no end", lines.Place(tag));
    }

    private void ReadToken()
    {
        char first = text[_position];
        if (PythonText.IsSpace(first))
        {
            _position++;
        }
        else if (char.IsAsciiDigit(first))
        {
            ReadNumber();
        }
        else if (first == '_' || char.IsLetter(first))
        {
            int start = _position;
            _position = End(start, unit => unit == '_' || char.IsLetterOrDigit(unit));
            Add(TokenKind.Name, start, text[start.._position]);
        }
        else if (first is '"' or '\'')
        {
            int start = _position;
            string content = StringLiteral.Read(text, ref _position, lines);
            Add(TokenKind.String, start, content);
        }
        else
        {
            ReadSymbol();
        }
    }

    private void ReadNumber()
    {
        int start = _position;
        // Behind a dot a number is the index of an element, so that x.0.1 are two.
        bool isIndex = start > 0 && text[start - 1] == '.';
        if (Prefixed(start) is int prefixed)
        {
            _position = prefixed;
            Add(TokenKind.Integer, start, text[start.._position].Replace("_", "", StringComparison.Ordinal));
            return;
        }

        int end = Digits(start);
        bool isFloat = false;
        if (!isIndex && end + 1 < text.Length && text[end] == '.' && char.IsAsciiDigit(text[end + 1]))
        {
            end = Digits(end + 1);
            isFloat = true;
        }

        if (!isIndex && end < text.Length && text[end] is 'e' or 'E')
        {
            int exponent = end + 1 < text.Length && text[end + 1] is '+' or '-' ? end + 2 : end + 1;
            if (exponent < text.Length && char.IsAsciiDigit(text[exponent]))
            {
                end = Digits(exponent);
                isFloat = true;
            }
        }

        _position = end;
        string digits = text[start..end].Replace("_", "", StringComparison.Ordinal);
        if (!isFloat && digits.Length > 1 && digits[0] == '0' && digits.AsSpan().ContainsAnyExcept('0'))
        {
            throw TemplateException.Malformed($"'{digits}' is no number", lines.Place(start));
        }

        Add(isFloat ? TokenKind.Float : TokenKind.Integer, start, digits);
    }

    private int? Prefixed(int start)
    {
        if (text[start] != '0' || start + 2 >= text.Length)
        {
            return null;
        }

        Func<char, bool>? isDigit = char.ToLowerInvariant(text[start + 1]) switch
        {
            'x' => char.IsAsciiHexDigit,
            'o' => digit => digit is >= '0' and <= '7',
            'b' => digit => digit is '0' or '1',
            _ => null,
        };
        return isDigit is not null && isDigit(text[start + 2])
            ? End(start + 2, unit => unit == '_' || isDigit(unit))
            : null;
    }

    private int Digits(int start) => End(start, unit => unit == '_' || char.IsAsciiDigit(unit));

    private int End(int start, Func<char, bool> belongs)
    {
        int end = start;
        while (end < text.Length && belongs(text[end]))
        {
            end++;
        }

        return end;
    }

    private void ReadSymbol()
    {
        string? symbol = Array.Find(
            Symbols,
            candidate => string.CompareOrdinal(text, _position, candidate, 0, candidate.Length) == 0);
        if (symbol is null)
        {
            throw TemplateException.Malformed(
                $"the character '{text[_position]}' means nothing here",
                lines.Place(_position));
        }

        Balance(symbol[0]);
        Add(TokenKind.Operator, _position, symbol);
        _position += symbol.Length;
    }

    private void Balance(char symbol)
    {
        if (symbol is '(' or '[' or '{')
        {
            _closing.Push(symbol switch { '(' => ')', '[' => ']', _ => '}' });
        }
        else if (symbol is ')' or ']' or '}' && !(_closing.TryPop(out char expected) && expected == symbol))
        {
            throw TemplateException.Malformed($"'{symbol}' closes nothing that was opened", lines.Place(_position));
        }
    }

    private void Add(TokenKind kind, int place, string content)
        => tokens.Add(new Token(kind, content, lines.Place(place)));
}
