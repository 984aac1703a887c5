using SparseLlm.Runtime.Chat.Templates.Functions;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>value.name</c></summary>
internal sealed class AttributeExpression(TemplatePlace place, Expression target, string name) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope)
        => Members.Attribute(target.Evaluate(rendering, scope), name, rendering.Budget);
}
