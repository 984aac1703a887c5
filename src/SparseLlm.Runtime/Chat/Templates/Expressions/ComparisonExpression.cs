using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>first &lt; second &lt;= third</c>: all of them must hold, and those behind one that does not are not
/// computed.</summary>
internal sealed class ComparisonExpression(
    TemplatePlace place,
    Expression first,
    IReadOnlyList<(string Symbol, Expression Operand)> others) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope)
    {
        Value left = first.Evaluate(rendering, scope);
        foreach ((string symbol, Expression operand) in others)
        {
            Value right = operand.Evaluate(rendering, scope);
            if (!Holds(symbol, left, right, rendering.Budget))
            {
                return BooleanValue.False;
            }

            left = right;
        }

        return BooleanValue.True;
    }

    private static bool Holds(string symbol, Value left, Value right, Budget budget) => symbol switch
    {
        "==" => Comparison.AreEqual(left, right, budget),
        "!=" => !Comparison.AreEqual(left, right, budget),
        "in" => Comparison.Contains(right, left, budget),
        "not in" => !Comparison.Contains(right, left, budget),
        "<" => Comparison.Order(left, right, budget) < 0,
        "<=" => Comparison.Order(left, right, budget) <= 0,
        ">" => Comparison.Order(left, right, budget) > 0,
        _ => Comparison.Order(left, right, budget) >= 0,
    };
}
