using System.Numerics;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary>The inside of <c>value[start:stop:step]</c>.</summary>
internal sealed class SliceExpression(
    TemplatePlace place,
    Expression? start,
    Expression? stop,
    Expression? step) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope) =>
        new SliceValue(Bound(start, rendering, scope), Bound(stop, rendering, scope), Bound(step, rendering, scope));

    private static BigInteger? Bound(
        Expression? bound,
        Rendering rendering,
        Scope scope) => bound?.Evaluate(rendering, scope) switch
        {
            null or NoneValue => null,
            var value => Numbers.Integer(value)
                ?? throw TemplateException.Failed($"{value.Article()} is no bound of a slice, which needs integers"),
        };
}
