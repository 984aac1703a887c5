using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>left and right</c>, <c>left or right</c>: one of the two values, and the right one is computed only
/// where it decides.</summary>
internal sealed class LogicalExpression(
    TemplatePlace place,
    bool isAnd,
    Expression left,
    Expression right) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope)
    {
        Value value = left.Evaluate(rendering, scope);
        return value.IsTrue == isAnd ? right.Evaluate(rendering, scope) : value;
    }
}
