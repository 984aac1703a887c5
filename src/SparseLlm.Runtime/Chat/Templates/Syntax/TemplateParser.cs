using SparseLlm.Runtime.Chat.Templates.Expressions;
using SparseLlm.Runtime.Chat.Templates.Statements;

namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>Reads a template.</summary>
internal sealed class TemplateParser
{
    private const int DeepestNesting = 100;

    private readonly TokenStream tokens;
    private readonly ExpressionParser expressions;
    private int depth;

    // Of the macro or text that is being read; break and continue do not leave these.
    private int loops;

    private TemplateParser(TokenStream tokens)
    {
        this.tokens = tokens;
        expressions = new ExpressionParser(tokens);
    }

    /// <summary>The statements of a template.</summary>
    /// <exception cref="TemplateException">It is malformed, or has something that is not supported.</exception>
    public static Block Parse(string text)
    {
        var parser = new TemplateParser(Lexer.Tokenize(text));
        Block block = parser.ReadBlock([]);
        return block;
    }

    /// <summary>Reads up to a tag of one of some names, which is next then.</summary>
    private Block ReadBlock(ReadOnlySpan<string> ends, TemplatePlace? start = null)
    {
        if (++depth > DeepestNesting)
        {
            throw TemplateException.Endless(
                $"blocks are nested more than {DeepestNesting} levels deep",
                this.tokens.Current.Place);
        }

        var statements = new List<Statement>();
        while (this.tokens.Current.Kind != TokenKind.End)
        {
            Token token = this.tokens.Take();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    statements.Add(new TextStatement(token.Place, token.Text));
                    break;
                case TokenKind.VariableBegin:
                    statements.Add(new OutputStatement(token.Place, expressions.ReadTuple()));
                    this.tokens.Require(TokenKind.VariableEnd, "'}}'");
                    break;
                default:
                    if (this.tokens.Current.Kind == TokenKind.Name && ends.Contains(this.tokens.Current.Text))
                    {
                        depth--;
                        return new Block(statements);
                    }

                    statements.Add(ReadStatement(token.Place));
                    this.tokens.Require(TokenKind.BlockEnd, "'%}'");
                    break;
            }
        }

        depth--;
        return start is TemplatePlace place
            ? throw TemplateException.Malformed(
                $"the block that begins here has no end; close it with '{{% {ends[^1]} %}}'",
                place)
            : new Block(statements);
    }

    /// <summary>Reads the end of the tag that begins a block, the block, and the name in the tag at its end.</summary>
    private Block ReadBody(TemplatePlace place, string end)
    {
        this.tokens.Require(TokenKind.BlockEnd, "'%}'");
        Block body = ReadBlock([end], place);
        this.tokens.RequireName(end);
        return body;
    }

    /// <summary>The same for what is written into a text first, which loops around it cannot be left from.</summary>
    private Block ReadClosedBody(TemplatePlace place, string end)
    {
        int loops = this.loops;
        this.loops = 0;
        Block body = ReadBody(place, end);
        this.loops = loops;
        return body;
    }

    private Statement ReadStatement(TemplatePlace place)
    {
        Token name = this.tokens.RequireName();
        return name.Text switch
        {
            "if" => ReadIf(place),
            "for" => ReadFor(place),
            "set" => ReadSet(place),
            "macro" => ReadMacro(place),
            "call" => ReadCall(place),
            "filter" => new OutputStatement(place, ReadFilterBlock(place)),
            "with" => ReadWith(place),
            "generation" => new WithStatement(place, [], ReadClosedBody(place, "endgeneration")),
            "break" => new FlowStatement(RequireLoop(name), Flow.Break),
            "continue" => new FlowStatement(RequireLoop(name), Flow.Continue),
            "print" => new OutputStatement(place, expressions.Read()),
            "include" or "import" or "from" or "extends" or "block" or "autoescape" or "do" or "trans" or "debug" =>
                throw TemplateException.Unsupported($"the statement '{name.Text}'", name.Place),
            _ => throw TemplateException.Malformed(
                $"there is no statement '{name.Text}', or none that can stand here",
                name.Place),
        };
    }

    private TemplatePlace RequireLoop(Token name) =>
        this.loops > 0 ? name.Place : throw TemplateException.Malformed(
            $"'{name.Text}' stands outside of any loop that it could leave",
            name.Place);

    private IfStatement ReadIf(TemplatePlace place)
    {
        var branches = new List<(Expression, Block)>();
        do
        {
            Expression condition = expressions.ReadTuple(allowsCondition: false);
            this.tokens.Require(TokenKind.BlockEnd, "'%}'");
            branches.Add((condition, ReadBlock(["elif", "else", "endif"], place)));
        }
        while (this.tokens.TakeName("elif"));

        Block? otherwise = this.tokens.TakeName("else") ? ReadElse(place, "endif") : null;
        this.tokens.TakeName("endif");
        return new IfStatement(place, branches, otherwise);
    }

    private Block ReadElse(TemplatePlace place, string end)
    {
        this.tokens.Require(TokenKind.BlockEnd, "'%}'");
        return ReadBlock([end], place);
    }

    private ForStatement ReadFor(TemplatePlace place)
    {
        Target target = ReadTarget(allowsNamespace: false);
        this.tokens.RequireName("in");
        Expression elements = expressions.ReadTuple(allowsCondition: false);
        Expression? condition = this.tokens.TakeName("if") ? expressions.Read() : null;
        if (this.tokens.Current.IsName("recursive"))
        {
            throw TemplateException.Unsupported("a loop that is 'recursive'", this.tokens.Current.Place);
        }

        this.tokens.Require(TokenKind.BlockEnd, "'%}'");
        this.loops++;
        Block body = ReadBlock(["else", "endfor"], place);
        this.loops--;
        Block? otherwise = this.tokens.TakeName("else") ? ReadElse(place, "endfor") : null;
        this.tokens.TakeName("endfor");
        return new ForStatement(place, target, elements, condition, body, otherwise);
    }

    private SetStatement ReadSet(TemplatePlace place)
    {
        Target target = ReadTarget(allowsNamespace: true);
        if (this.tokens.TakeOperator("="))
        {
            return new SetStatement(place, target, expressions.ReadTuple());
        }

        var text = new WrittenText(place);
        Expression value = expressions.ReadFilters(text);
        text.Body = ReadClosedBody(place, "endset");
        return new SetStatement(place, target, value);
    }

    private Expression ReadFilterBlock(TemplatePlace place)
    {
        var text = new WrittenText(place);
        Expression value = expressions.ReadFilters(text, isInline: true);
        text.Body = ReadClosedBody(place, "endfilter");
        return value;
    }

    private WithStatement ReadWith(TemplatePlace place)
    {
        var assignments = new List<(Target, Expression)>();
        while (this.tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (assignments.Count > 0)
            {
                this.tokens.RequireOperator(",");
            }

            Target target = ReadSingleTarget(allowsNamespace: false);
            this.tokens.RequireOperator("=");
            assignments.Add((target, expressions.Read()));
        }

        return new WithStatement(place, assignments, ReadBody(place, "endwith"));
    }

    private MacroStatement ReadMacro(TemplatePlace place)
    {
        string name = this.tokens.RequireName().Text;
        List<(string, Expression?)> parameters = ReadParameters();
        return new MacroStatement(place, ReadMacroBody(place, name, parameters, "endmacro"));
    }

    private CallStatement ReadCall(TemplatePlace place)
    {
        List<(string, Expression?)> parameters = this.tokens.Current.IsOperator("(") ? ReadParameters() : [];
        CallExpression call = expressions.ReadCall();
        return new CallStatement(place, call, ReadMacroBody(place, Macro.Caller, parameters, "endcall"));
    }

    private Macro ReadMacroBody(TemplatePlace place, string name, List<(string, Expression?)> parameters, string end)
    {
        HashSet<string> around = expressions.Names;
        expressions.Names = new HashSet<string>(StringComparer.Ordinal);
        Block body = ReadClosedBody(place, end);
        HashSet<string> names = expressions.Names;
        expressions.Names = around;
        return new Macro(name, parameters, body, names);
    }

    private List<(string, Expression?)> ReadParameters()
    {
        var parameters = new List<(string, Expression?)>();
        this.tokens.RequireOperator("(");
        while (!this.tokens.TakeOperator(")"))
        {
            if (parameters.Count > 0)
            {
                this.tokens.RequireOperator(",");
            }

            string name = this.tokens.RequireName().Text;
            parameters.Add((name, this.tokens.TakeOperator("=") ? expressions.Read() : null));
        }

        return parameters;
    }

    private Target ReadTarget(bool allowsNamespace)
    {
        Target first = ReadSingleTarget(allowsNamespace);
        if (!this.tokens.Current.IsOperator(","))
        {
            return first;
        }

        var targets = new List<Target> { first };
        while (this.tokens.TakeOperator(",") && this.tokens.Current.Kind != TokenKind.BlockEnd
            && !this.tokens.Current.IsOperator(")")
            && !this.tokens.Current.IsOperator("="))
        {
            targets.Add(ReadSingleTarget(allowsNamespace));
        }

        return new TupleTarget(targets);
    }

    private Target ReadSingleTarget(bool allowsNamespace)
    {
        if (this.tokens.TakeOperator("("))
        {
            Target inside = ReadTarget(allowsNamespace);
            this.tokens.RequireOperator(")");
            return inside;
        }

        Token name = this.tokens.RequireName();
        if (name.Text is "true" or "True" or "false" or "False" or "none" or "None")
        {
            throw TemplateException.Malformed($"'{name.Text}' cannot be set", name.Place);
        }

        return allowsNamespace && this.tokens.TakeOperator(".")
            ? new NamespaceTarget(name.Text, this.tokens.RequireName().Text)
            : new NameTarget(name.Text);
    }
}
