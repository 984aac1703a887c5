using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>value if condition else other</c>; without the last, undefined where the condition does not
/// hold.</summary>
internal sealed class ConditionalExpression(
    TemplatePlace place,
    Expression condition,
    Expression value,
    Expression? other) : Expression(place)
{
    private static readonly UndefinedValue Nothing = new(
        "the value of an 'if' without 'else' whose condition does not hold");

    protected override Value Compute(Rendering rendering, Scope scope) =>
        condition.Evaluate(rendering, scope).IsTrue
            ? value.Evaluate(rendering, scope)
            : other?.Evaluate(rendering, scope) ?? Nothing;
}
