using System.Globalization;
using System.Numerics;
using SparseLlm.Runtime.Chat.Templates.Expressions;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>Reads expressions, with the precedences of jinja2.</summary>
/// <param name="tokens">The template.</param>
internal sealed class ExpressionParser(TokenStream tokens)
{
    private const int DeepestNesting = 100;

    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    private int depth;

    /// <summary>The variables that were mentioned so far.</summary>
    public HashSet<string> Names { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Reads an expression.</summary>
    public Expression Read() => Nested(ReadConditional);

    /// <summary>Reads an expression, or several that make up a tuple.</summary>
    /// <param name="allowsCondition">Whether an <c>if</c> belongs to it, rather than to the tag around it.</param>
    public Expression ReadTuple(bool allowsCondition = true)
    {
        TemplatePlace place = tokens.Current.Place;
        Expression first = Nested(allowsCondition ? ReadConditional : ReadOr);
        if (!tokens.Current.IsOperator(","))
        {
            return first;
        }

        var elements = new List<Expression> { first };
        while (tokens.TakeOperator(",") && !EndsTuple())
        {
            elements.Add(Nested(allowsCondition ? ReadConditional : ReadOr));
        }

        return new SequenceExpression(place, SequenceKind.Tuple, elements);
    }

    /// <summary>Reads what may stand behind <c>filter</c> and behind <c>set name</c>: filters of a value that is
    /// given.</summary>
    /// <param name="value">The value.</param>
    /// <param name="isInline">Whether the first filter has no <c>|</c> before it.</param>
    public Expression ReadFilters(Expression value, bool isInline = false)
    {
        while (isInline || tokens.TakeOperator("|"))
        {
            isInline = false;
            Token name = tokens.RequireName();
            value = new FilterExpression(
                name.Place,
                value,
                DottedName(name),
                tokens.Current.IsOperator("(") ? ReadArguments() : CallArguments.None);
        }

        return value;
    }

    /// <summary>Reads a call.</summary>
    public CallExpression ReadCall()
    {
        TemplatePlace place = tokens.Current.Place;
        return Read() as CallExpression
            ?? throw TemplateException.Malformed("a call such as 'macro()' is expected here", place);
    }

    private bool EndsTuple()
        => tokens.Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || tokens.Current.IsOperator(")");

    private Expression Nested(Func<Expression> read)
    {
        if (++depth > DeepestNesting)
        {
            throw TemplateException.Endless(
                $"expressions are nested more than {DeepestNesting} levels deep",
                tokens.Current.Place);
        }

        Expression expression = read();
        depth--;
        return expression;
    }

    private Expression ReadConditional()
    {
        TemplatePlace place = tokens.Current.Place;
        Expression value = ReadOr();
        while (tokens.TakeName("if"))
        {
            Expression condition = ReadOr();
            value = new ConditionalExpression(
                place,
                condition,
                value,
                tokens.TakeName("else") ? Nested(ReadConditional) : null);
        }

        return value;
    }

    private Expression ReadOr()
    {
        Expression left = ReadAnd();
        while (tokens.Current.IsName("or"))
        {
            TemplatePlace place = tokens.Take().Place;
            left = new LogicalExpression(place, isAnd: false, left, ReadAnd());
        }

        return left;
    }

    private Expression ReadAnd()
    {
        Expression left = ReadNot();
        while (tokens.Current.IsName("and"))
        {
            TemplatePlace place = tokens.Take().Place;
            left = new LogicalExpression(place, isAnd: true, left, ReadNot());
        }

        return left;
    }

    private Expression ReadNot()
    {
        TemplatePlace place = tokens.Current.Place;
        return tokens.TakeName("not") ? new NotExpression(place, Nested(ReadNot)) : ReadComparison();
    }

    private Expression ReadComparison()
    {
        TemplatePlace place = tokens.Current.Place;
        Expression first = ReadSum();
        var others = new List<(string, Expression)>();
        while (TakeComparison() is string symbol)
        {
            others.Add((symbol, ReadSum()));
        }

        return others.Count == 0 ? first : new ComparisonExpression(place, first, others);
    }

    private string? TakeComparison()
    {
        if (tokens.Current.Kind == TokenKind.Operator && Comparisons.Contains(tokens.Current.Text))
        {
            return tokens.Take().Text;
        }

        if (tokens.TakeName("in"))
        {
            return "in";
        }

        if (tokens.Current.IsName("not") && tokens.Following.IsName("in"))
        {
            tokens.Take();
            tokens.Take();
            return "not in";
        }

        return null;
    }

    private Expression ReadSum() => ReadBinary(ReadConcatenation, "+", "-");

    private Expression ReadConcatenation()
    {
        TemplatePlace place = tokens.Current.Place;
        Expression first = ReadProduct();
        if (!tokens.Current.IsOperator("~"))
        {
            return first;
        }

        var parts = new List<Expression> { first };
        while (tokens.TakeOperator("~"))
        {
            parts.Add(ReadProduct());
        }

        return new ConcatenationExpression(place, parts);
    }

    private Expression ReadProduct() => ReadBinary(ReadPower, "*", "/", "//", "%");

    private Expression ReadPower() => ReadBinary(() => ReadUnary(allowsFilters: true), "**");

    private Expression ReadBinary(Func<Expression> operand, params ReadOnlySpan<string> symbols)
    {
        Expression left = operand();
        while (tokens.Current.Kind == TokenKind.Operator && symbols.Contains(tokens.Current.Text))
        {
            Token symbol = tokens.Take();
            left = new ArithmeticExpression(symbol.Place, symbol.Text, left, operand());
        }

        return left;
    }

    private Expression ReadUnary(bool allowsFilters)
    {
        Token token = tokens.Current;
        bool isSigned = token.IsOperator("-") || token.IsOperator("+");
        if (isSigned)
        {
            tokens.Take();
        }

        Expression value = isSigned
            ? new SignExpression(token.Place, token.Text[0], Nested(() => ReadUnary(allowsFilters: false)))
            : ReadPrimary();
        value = ReadPostfix(value);
        return allowsFilters ? ReadFiltersAndTests(value) : value;
    }

    private Expression ReadPrimary()
    {
        Token token = tokens.Take();
        return token.Kind switch
        {
            TokenKind.Name => ReadName(token),
            TokenKind.String => new LiteralExpression(token.Place, new StringValue(ReadStrings(token))),
            TokenKind.Integer => new LiteralExpression(token.Place, new IntegerValue(Integer(token))),
            TokenKind.Float => new LiteralExpression(
                token.Place,
                new FloatValue(double.Parse(token.Text, CultureInfo.InvariantCulture))),
            TokenKind.Operator when token.Text == "(" => ReadParenthesized(token),
            TokenKind.Operator when token.Text == "[" => ReadList(token),
            TokenKind.Operator when token.Text == "{" => ReadDictionary(token),
            _ => throw TemplateException.Malformed(
                $"a value is expected here, and there is {token.Description}",
                token.Place),
        };
    }

    private Expression ReadName(Token token)
    {
        Value? literal = token.Text switch
        {
            "true" or "True" => BooleanValue.True,
            "false" or "False" => BooleanValue.False,
            "none" or "None" => NoneValue.Instance,
            _ => null,
        };
        if (literal is not null)
        {
            return new LiteralExpression(token.Place, literal);
        }

        Names.Add(token.Text);
        return new NameExpression(token.Place, token.Text);
    }

    /// <summary>Strings beside each other are one.</summary>
    private string ReadStrings(Token first)
    {
        string text = first.Text;
        while (tokens.Current.Kind == TokenKind.String)
        {
            text += tokens.Take().Text;
        }

        return text;
    }

    private static BigInteger Integer(Token token)
    {
        string digits = token.Text;
        return digits.Length < 2
            ? BigInteger.Parse(digits, CultureInfo.InvariantCulture)
            : digits[..2].ToLowerInvariant() switch
            {
                "0x" => BigInteger.Parse(
                    $"0{digits[2..]}",
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture),
                "0o" => digits[2..].Aggregate(BigInteger.Zero, (number, digit) => (number * 8) + (digit - '0')),
                "0b" => digits[2..].Aggregate(BigInteger.Zero, (number, digit) => (number * 2) + (digit - '0')),
                _ when digits.Length > 1000 => throw TemplateException.Endless(
                    "a number has more than 1000 digits",
                    token.Place),
                _ => BigInteger.Parse(digits, CultureInfo.InvariantCulture),
            };
    }

    private Expression ReadParenthesized(Token open)
    {
        Expression inside = tokens.Current.IsOperator(")")
            ? new SequenceExpression(open.Place, SequenceKind.Tuple, [])
            : ReadTuple();
        tokens.RequireOperator(")");
        return inside;
    }

    private SequenceExpression ReadList(Token open)
    {
        var elements = new List<Expression>();
        ReadSeparated("]", () => elements.Add(Read()));
        return new SequenceExpression(open.Place, SequenceKind.List, elements);
    }

    private DictionaryExpression ReadDictionary(Token open)
    {
        var entries = new List<(Expression, Expression)>();
        ReadSeparated("}", () =>
        {
            Expression key = Read();
            tokens.RequireOperator(":");
            entries.Add((key, Read()));
        });
        return new DictionaryExpression(open.Place, entries);
    }

    /// <summary>Reads what commas separate, up to a bracket. A comma may stand before the bracket.</summary>
    private void ReadSeparated(string close, Action read)
    {
        bool isFirst = true;
        while (!tokens.TakeOperator(close))
        {
            if (!isFirst)
            {
                tokens.RequireOperator(",");
                if (tokens.TakeOperator(close))
                {
                    return;
                }
            }

            read();
            isFirst = false;
        }
    }

    private Expression ReadPostfix(Expression value)
    {
        while (true)
        {
            Token token = tokens.Current;
            if (tokens.TakeOperator("."))
            {
                value = ReadMember(value);
            }
            else if (tokens.TakeOperator("["))
            {
                value = new ItemExpression(token.Place, value, ReadSubscript());
            }
            else if (token.IsOperator("("))
            {
                value = new CallExpression(token.Place, value, ReadArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ReadMember(Expression value)
    {
        Token member = tokens.Take();
        return member.Kind switch
        {
            TokenKind.Name => new AttributeExpression(member.Place, value, member.Text),
            TokenKind.Integer => new ItemExpression(
                member.Place,
                value,
                new LiteralExpression(member.Place, new IntegerValue(Integer(member)))),
            _ => throw TemplateException.Malformed(
                $"a name or a number is expected behind '.', and there is {member.Description}",
                member.Place),
        };
    }

    private Expression ReadSubscript()
    {
        TemplatePlace place = tokens.Current.Place;
        Expression? first = tokens.Current.IsOperator(":") ? null : Read();
        if (first is not null && !tokens.Current.IsOperator(":"))
        {
            if (tokens.Current.IsOperator(","))
            {
                throw TemplateException.Unsupported("an element for several keys", place);
            }

            tokens.RequireOperator("]");
            return first;
        }

        tokens.RequireOperator(":");
        Expression? stop = tokens.Current.IsOperator(":") || tokens.Current.IsOperator("]") ? null : Read();
        Expression? step = tokens.TakeOperator(":") && !tokens.Current.IsOperator("]") ? Read() : null;
        tokens.RequireOperator("]");
        return new SliceExpression(place, first, stop, step);
    }

    private CallArguments ReadArguments()
    {
        tokens.RequireOperator("(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        ReadSeparated(")", () =>
        {
            Token token = tokens.Current;
            if (token.IsOperator("*") || token.IsOperator("**"))
            {
                throw TemplateException.Unsupported($"'{token.Text}' before an argument", token.Place);
            }

            if (token.Kind == TokenKind.Name && tokens.Following.IsOperator("="))
            {
                tokens.Take();
                tokens.Take();
                named.Add((token.Text, Read()));
            }
            else if (named.Count > 0)
            {
                throw TemplateException.Malformed(
                    "an argument without a name stands behind one that has one",
                    token.Place);
            }
            else
            {
                positional.Add(Read());
            }
        });
        return new CallArguments(positional, named);
    }

    private Expression ReadFiltersAndTests(Expression value)
    {
        while (true)
        {
            Token token = tokens.Current;
            if (token.IsOperator("|"))
            {
                value = ReadFilters(value);
            }
            else if (tokens.TakeName("is"))
            {
                value = ReadTest(value);
            }
            else if (token.IsOperator("("))
            {
                value = new CallExpression(token.Place, value, ReadArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ReadTest(Expression value)
    {
        bool isNegated = tokens.TakeName("not");
        Token name = tokens.RequireName();
        Expression test = new TestExpression(name.Place, value, DottedName(name), ReadTestArguments());
        return isNegated ? new NotExpression(name.Place, test) : test;
    }

    /// <summary>A test may have one argument without brackets.</summary>
    private CallArguments ReadTestArguments()
    {
        Token token = tokens.Current;
        if (token.IsOperator("("))
        {
            return ReadArguments();
        }

        bool isArgument = token.Kind is TokenKind.String or TokenKind.Integer or TokenKind.Float
            || token.IsOperator("[")
            || token.IsOperator("{")
            || (token.Kind == TokenKind.Name && token.Text is not ("else" or "or" or "and"));
        if (token.IsName("is"))
        {
            throw TemplateException.Malformed("a test is tested with another 'is'", token.Place);
        }

        return isArgument ? new CallArguments([ReadPostfix(ReadPrimary())], []) : CallArguments.None;
    }

    private string DottedName(Token first)
    {
        string name = first.Text;
        while (tokens.TakeOperator("."))
        {
            name += $".{tokens.RequireName().Text}";
        }

        return name;
    }
}
