using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>-value</c> or <c>+value</c></summary>
internal sealed class SignExpression(TemplatePlace place, char sign, Expression value) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope)
        => Arithmetic.Signed(sign, value.Evaluate(rendering, scope));
}
