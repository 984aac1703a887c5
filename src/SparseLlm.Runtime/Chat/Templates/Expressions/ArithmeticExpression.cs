using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>left + right</c>, and the other operators of arithmetic.</summary>
internal sealed class ArithmeticExpression(
    TemplatePlace place,
    string symbol,
    Expression left,
    Expression right) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope)
    {
        Value first = left.Evaluate(rendering, scope);
        return Arithmetic.Apply(symbol, first, right.Evaluate(rendering, scope), rendering.Budget);
    }
}
