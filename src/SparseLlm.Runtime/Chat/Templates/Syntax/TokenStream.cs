namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>The tokens of a template, one after the other. The last is its end, and comes again for ever.</summary>
/// <param name="tokens">The tokens.</param>
internal sealed class TokenStream(IReadOnlyList<Token> tokens)
{
    private int next;

    /// <summary>The token that comes next.</summary>
    public Token Current => tokens[next];

    /// <summary>The token behind it.</summary>
    public Token Following => tokens[Math.Min(next + 1, tokens.Count - 1)];

    /// <summary>Takes a token.</summary>
    public Token Take()
    {
        Token token = Current;
        next = Math.Min(next + 1, tokens.Count - 1);
        return token;
    }

    /// <summary>Takes a name if it is next.</summary>
    public bool TakeName(string name) => TakeIf(Current.IsName(name));

    /// <summary>Takes an operator if it is next.</summary>
    public bool TakeOperator(string symbol) => TakeIf(Current.IsOperator(symbol));

    /// <summary>Takes any name, which must be next.</summary>
    public Token RequireName() => Current.Kind == TokenKind.Name ? Take() : throw Unexpected("a name");

    /// <summary>Takes a name, which must be next.</summary>
    public Token RequireName(string name) => Current.IsName(name) ? Take() : throw Unexpected($"'{name}'");

    /// <summary>Takes an operator, which must be next.</summary>
    public Token RequireOperator(string symbol)
        => Current.IsOperator(symbol) ? Take() : throw Unexpected($"'{symbol}'");

    /// <summary>Takes a token of a kind, which must be next.</summary>
    public Token Require(TokenKind kind, string description)
        => Current.Kind == kind ? Take() : throw Unexpected(description);

    /// <summary>An error: something else must be here.</summary>
    public TemplateException Unexpected(string expected) =>
        TemplateException.Malformed($"{expected} is expected here, and there is {Current.Description}", Current.Place);

    private bool TakeIf(bool condition)
    {
        if (condition)
        {
            Take();
        }

        return condition;
    }
}
