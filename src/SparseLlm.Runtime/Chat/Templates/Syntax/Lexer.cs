namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>
/// Cuts a template into tokens as jinja2 does with <c>trim_blocks</c> and <c>lstrip_blocks</c>: the line break behind a
/// block or a comment goes, and so does the white space between the beginning of a line and one; <c>-</c> takes all
/// white space on its side, <c>+</c> none.
/// </summary>
internal sealed class Lexer
{
    private readonly string text;
    private readonly List<Token> tokens = [];
    private readonly LineCounter lines;
    private int position;
    private bool isLineStart = true;

    private Lexer(string text)
    {
        this.text = text;
        lines = new LineCounter(text);
    }

    /// <summary>The tokens of a template.</summary>
    /// <exception cref="TemplateException">The text is no template.</exception>
    public static TokenStream Tokenize(string source)
    {
        string text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var lexer = new Lexer(text.EndsWith('\n') ? text[..^1] : text);
        lexer.ReadAll();
        return new TokenStream(lexer.tokens);
    }

    private void ReadAll()
    {
        for (int tag = NextTag(position); tag >= 0; tag = NextTag(position))
        {
            ReadTag(tag);
            isLineStart = this.text[position - 1] == '\n';
        }

        AddData(position, this.text[position..]);
        Add(TokenKind.End, this.text.Length, "");
    }

    private int NextTag(int from)
    {
        int brace = this.text.IndexOf('{', from);
        while (brace >= 0 && !(brace + 1 < this.text.Length && this.text[brace + 1] is '{' or '%' or '#'))
        {
            brace = brace + 1 < this.text.Length ? this.text.IndexOf('{', brace + 1) : -1;
        }

        return brace;
    }

    private void ReadTag(int tag)
    {
        char kind = this.text[tag + 1];
        int inside = tag + 2;
        char sign = inside < this.text.Length && this.text[inside] is '-' or '+' ? this.text[inside++] : '\0';
        AddData(position, Trimmed(position, tag, sign, isVariable: kind == '{'));
        if (kind == '#')
        {
            SkipComment(tag, inside);
        }
        else if (kind == '{')
        {
            Add(TokenKind.VariableBegin, tag, "");
            position = new TagLexer(this.text, lines, tokens, inside).Read(tag, isBlock: false);
        }
        else if (RawEnd(inside) is int raw)
        {
            ReadRaw(tag, raw);
        }
        else
        {
            Add(TokenKind.BlockBegin, tag, "");
            position = new TagLexer(this.text, lines, tokens, inside).Read(tag, isBlock: true);
        }
    }

    /// <summary>The text before a tag without what its sign, or the beginning of its line, takes from it.</summary>
    private string Trimmed(int start, int end, char sign, bool isVariable)
    {
        string text = this.text[start..end];
        if (sign == '-')
        {
            return PythonText.TrimEnd(text);
        }

        int line = text.LastIndexOf('\n') + 1;
        bool isIndentation = sign != '+' && !isVariable && (line > 0 || isLineStart)
            && PythonText.TrimEnd(text[line..]).Length == 0;
        return isIndentation ? text[..line] : text;
    }

    private void SkipComment(int tag, int inside)
    {
        int end = this.text.IndexOf("#}", inside, StringComparison.Ordinal);
        if (end < 0)
        {
            throw TemplateException.Malformed(
                "the comment that begins here has no end; close it with '#}'",
                lines.Place(tag));
        }

        char sign = end > inside ? this.text[end - 1] : '\0';
        position = Tags.Behind(this.text, end + 2, sign, trimsLineBreak: true);
    }

    /// <summary>Where the tag <c>raw</c> ends whose name would begin here; null if it is another tag.</summary>
    private int? RawEnd(int inside)
    {
        int name = PythonText.SkipSpace(this.text, inside);
        if (string.CompareOrdinal(this.text, name, "raw", 0, 3) != 0)
        {
            return null;
        }

        int end = PythonText.SkipSpace(this.text, name + 3);
        bool strips = end < this.text.Length && this.text[end] == '-';
        end += strips ? 1 : 0;
        return string.CompareOrdinal(this.text, end, "%}", 0, 2) == 0
            ? Tags.Behind(this.text, end + 2, strips ? '-' : '\0', trimsLineBreak: false)
            : null;
    }

    private void ReadRaw(int tag, int start)
    {
        isLineStart = this.text[start - 1] == '\n';
        for (
            int i = this.text.IndexOf("{%", start, StringComparison.Ordinal);
            i >= 0;
            i = this.text.IndexOf("{%", i + 1, StringComparison.Ordinal))
        {
            int inside = i + 2;
            char sign = inside < this.text.Length && this.text[inside] is '-' or '+' ? this.text[inside++] : '\0';
            int name = PythonText.SkipSpace(this.text, inside);
            int close = string.CompareOrdinal(this.text, name, "endraw", 0, 6) == 0
                ? PythonText.SkipSpace(this.text, name + 6)
                : -1;
            if (close >= 0 && Tags.TryEnd(this.text, close, isBlock: true, out int behind))
            {
                AddData(start, Trimmed(start, i, sign, isVariable: false));
                position = behind;
                return;
            }
        }

        throw TemplateException.Malformed(
            "the block 'raw' that begins here has no end; close it with '{% endraw %}'",
            lines.Place(tag));
    }

    private void AddData(int place, string text)
    {
        if (text.Length > 0)
        {
            Add(TokenKind.Data, place, text);
        }
    }

    private void Add(TokenKind kind, int place, string text) => tokens.Add(new Token(kind, text, lines.Place(place)));
}
