using SparseLlm.Runtime.Chat.Templates.Expressions;
using SparseLlm.Runtime.Chat.Templates.Syntax;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary><c>{% if condition %} ... {% elif other %} ... {% else %} ... {% endif %}</c>. What is set inside stays
/// set.</summary>
internal sealed class IfStatement(
    TemplatePlace place,
    IReadOnlyList<(Expression Condition, Block Body)> branches,
    Block? otherwise) : Statement(place)
{
    protected override Flow Run(Rendering rendering, Scope scope)
    {
        foreach ((Expression condition, Block body) in branches)
        {
            if (condition.Evaluate(rendering, scope).IsTrue)
            {
                return body.Execute(rendering, scope);
            }
        }

        return otherwise?.Execute(rendering, scope) ?? Flow.Next;
    }
}
