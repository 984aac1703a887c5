using SparseLlm.Runtime.Chat.Templates.Functions;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>value[key]</c></summary>
internal sealed class ItemExpression(TemplatePlace place, Expression target, Expression key) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope)
    {
        Value value = target.Evaluate(rendering, scope);
        return Members.Item(value, key.Evaluate(rendering, scope), rendering.Budget);
    }
}
