using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>not value</c></summary>
internal sealed class NotExpression(TemplatePlace place, Expression value) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope)
        => BooleanValue.Of(!value.Evaluate(rendering, scope).IsTrue);
}
