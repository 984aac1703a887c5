using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary>A value that is written out.</summary>
internal sealed class LiteralExpression(TemplatePlace place, Value value) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope) => value;
}
