namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    /// <summary>Text between tags.</summary>
    Data,

    /// <summary>The beginning of <c>{{ }}</c>.</summary>
    VariableBegin,

    /// <summary>Its end.</summary>
    VariableEnd,

    /// <summary>The beginning of <c>{% %}</c>.</summary>
    BlockBegin,

    /// <summary>Its end.</summary>
    BlockEnd,

    /// <summary>A name or a keyword.</summary>
    Name,

    /// <summary>A text in quotation marks; the token's text is what it stands for.</summary>
    String,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>A number with a fraction or an exponent.</summary>
    Float,

    /// <summary>An operator, a bracket or a comma.</summary>
    Operator,

    /// <summary>The end of the template.</summary>
    End,
}
