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

    private readonly Stack<char> closing = new();
    private int position = position;

    /// <summary>Reads up to the end of the tag.</summary>
    /// <param name="tag">Where the tag begins.</param>
    /// <param name="isBlock">Whether it is a block.</param>
    /// <returns>Where what is behind the tag begins.</returns>
    public int Read(int tag, bool isBlock)
    {
        while (this.position < text.Length)
        {
            // Inside brackets, what looks like an end is two brackets.
            if (closing.Count == 0 && Tags.TryEnd(text, this.position, isBlock, out int behind))
            {
                Add(isBlock ? TokenKind.BlockEnd : TokenKind.VariableEnd, this.position, "");
                return behind;
            }

            ReadToken();
        }

        string open = isBlock ? "{%" : "{{";
        throw TemplateException.Malformed($"the tag that begins here with '{open}' has no end", lines.Place(tag));
    }

    private void ReadToken()
    {
        char first = text[this.position];
        if (PythonText.IsSpace(first))
        {
            this.position++;
        }
        else if (char.IsAsciiDigit(first))
        {
            ReadNumber();
        }
        else if (first == '_' || char.IsLetter(first))
        {
            int start = this.position;
            this.position = End(start, unit => unit == '_' || char.IsLetterOrDigit(unit));
            Add(TokenKind.Name, start, text[start..position]);
        }
        else if (first is '"' or '\'')
        {
            int start = this.position;
            string content = StringLiteral.Read(text, ref this.position, lines);
            Add(TokenKind.String, start, content);
        }
        else
        {
            ReadSymbol();
        }
    }

    private void ReadNumber()
    {
        int start = this.position;
        // Behind a dot a number is the index of an element, so that x.0.1 are two.
        bool isIndex = start > 0 && text[start - 1] == '.';
        if (Prefixed(start) is int prefixed)
        {
            this.position = prefixed;
            Add(TokenKind.Integer, start, text[start..position].Replace("_", "", StringComparison.Ordinal));
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

        this.position = end;
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
            candidate => string.CompareOrdinal(text, this.position, candidate, 0, candidate.Length) == 0);
        if (symbol is null)
        {
            throw TemplateException.Malformed(
                $"the character '{text[this.position]}' means nothing here",
                lines.Place(this.position));
        }

        Balance(symbol[0]);
        Add(TokenKind.Operator, this.position, symbol);
        this.position += symbol.Length;
    }

    private void Balance(char symbol)
    {
        if (symbol is '(' or '[' or '{')
        {
            closing.Push(symbol switch { '(' => ')', '[' => ']', _ => '}' });
        }
        else if (symbol is ')' or ']' or '}' && !(closing.TryPop(out char expected) && expected == symbol))
        {
            throw TemplateException.Malformed($"'{symbol}' closes nothing that was opened", lines.Place(this.position));
        }
    }

    private void Add(TokenKind kind, int place, string content)
        => tokens.Add(new Token(kind, content, lines.Place(place)));
}
