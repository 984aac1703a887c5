namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>
/// Cuts a template into tokens as jinja2 does with <c>trim_blocks</c> and <c>lstrip_blocks</c>: the line break behind a
/// block or a comment goes, and so does the white space between the beginning of a line and one; <c>-</c> takes all
/// white space on its side, <c>+</c> none.
/// </summary>
internal sealed class Lexer
{
    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private readonly LineCounter _lines;
    private int _position;
    private bool _isLineStart = true;

    private Lexer(string text)
    {
        _text = text;
        _lines = new LineCounter(text);
    }

    /// <summary>The tokens of a template.</summary>
    /// <exception cref="TemplateException">The text is no template.</exception>
    public static TokenStream Tokenize(string source)
    {
        string text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var lexer = new Lexer(text.EndsWith('\n') ? text[..^1] : text);
        lexer.ReadAll();
        return new TokenStream(lexer._tokens);
    }

    private void ReadAll()
    {
        for (int tag = NextTag(_position); tag >= 0; tag = NextTag(_position))
        {
            ReadTag(tag);
            _isLineStart = _text[_position - 1] == '\n';
        }

        AddData(_position, _text[_position..]);
        Add(TokenKind.End, _text.Length, "");
    }

    private int NextTag(int from)
    {
        int brace = _text.IndexOf('{', from);
        while (brace >= 0 && !(brace + 1 < _text.Length && _text[brace + 1] is '{' or '%' or '#'))
        {
            brace = brace + 1 < _text.Length ? _text.IndexOf('{', brace + 1) : -1;
        }

        return brace;
    }

    private void ReadTag(int tag)
    {
        char kind = _text[tag + 1];
        int inside = tag + 2;
        char sign = inside < _text.Length && _text[inside] is '-' or '+' ? _text[inside++] : '\0';
        AddData(_position, Trimmed(_position, tag, sign, isVariable: kind == '{'));
        if (kind == '#')
        {
            SkipComment(tag, inside);
        }
        else if (kind == '{')
        {
            Add(TokenKind.VariableBegin, tag, "");
            _position = new TagLexer(_text, _lines, _tokens, inside).Read(tag, isBlock: false);
        }
        else if (RawEnd(inside) is int raw)
        {
            ReadRaw(tag, raw);
        }
        else
        {
            Add(TokenKind.BlockBegin, tag, "");
            _position = new TagLexer(_text, _lines, _tokens, inside).Read(tag, isBlock: true);
        }
    }

    /// <summary>The text before a tag without what its sign, or the beginning of its line, takes from it.</summary>
    private string Trimmed(int start, int end, char sign, bool isVariable)
    {
        string text = _text[start..end];
        if (sign == '-')
        {
            return PythonText.TrimEnd(text);
        }

        int line = text.LastIndexOf('\n') + 1;
        bool isIndentation = sign != '+' && !isVariable && (line > 0 || _isLineStart)
            && PythonText.TrimEnd(text[line..]).Length == 0;
        return isIndentation ? text[..line] : text;
    }

    private void SkipComment(int tag, int inside)
    {
        int end = _text.IndexOf("#}", inside, StringComparison.Ordinal);
        if (end < 0)
        {
            throw TemplateException.Malformed(
                "the comment that begins here has no end; close it with '#}'",
                _lines.Place(tag));
        }

        char sign = end > inside ? _text[end - 1] : '\0';
        _position = Tags.Behind(_text, end + 2, sign, trimsLineBreak: true);
    }

    /// <summary>Where the tag <c>raw</c> ends whose name would begin here; null if it is another tag.</summary>
    private int? RawEnd(int inside)
    {
        int name = PythonText.SkipSpace(_text, inside);
        if (string.CompareOrdinal(_text, name, "raw", 0, 3) != 0)
        {
            return null;
        }

        int end = PythonText.SkipSpace(_text, name + 3);
        bool strips = end < _text.Length && _text[end] == '-';
        end += strips ? 1 : 0;
        return string.CompareOrdinal(_text, end, "%}", 0, 2) == 0
            ? Tags.Behind(_text, end + 2, strips ? '-' : '\0', trimsLineBreak: false)
            : null;
    }

    private void ReadRaw(int tag, int start)
    {
        _isLineStart = _text[start - 1] == '\n';
        for (
            int i = _text.IndexOf("{%", start, StringComparison.Ordinal);
            i >= 0;
            i = _text.IndexOf("{%", i + 1, StringComparison.Ordinal))
        {
            int inside = i + 2;
            char sign = inside < _text.Length && _text[inside] is '-' or '+' ? _text[inside++] : '\0';
            int name = PythonText.SkipSpace(_text, inside);
            int close = string.CompareOrdinal(_text, name, "endraw", 0, 6) == 0
                ? PythonText.SkipSpace(_text, name + 6)
                : -1;
            if (close >= 0 && Tags.TryEnd(_text, close, isBlock: true, out int behind))
            {
                AddData(start, Trimmed(start, i, sign, isVariable: false));
                _position = behind;
                return;
            }
        }

        throw TemplateException.Malformed(
            "the block 'raw' that begins here has no end; close it with '{% endraw %}'",
            _lines.Place(tag));
    }

    private void AddData(int place, string text)
    {
        if (text.Length > 0)
        {
            Add(TokenKind.Data, place, text);
        }
    }

    private void Add(TokenKind kind, int place, string text) => _tokens.Add(new Token(kind, text, _lines.Place(place)));
}
