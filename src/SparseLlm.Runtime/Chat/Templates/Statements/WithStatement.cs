using SparseLlm.Runtime.Chat.Templates.Expressions;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary><c>{% with target = value %} ... {% endwith %}</c>: the values know nothing of each other, and what is set
/// inside is forgotten.</summary>
internal sealed class WithStatement(
    TemplatePlace place,
    IReadOnlyList<(Target Target, Expression Value)> assignments,
    Block body) : Statement(place)
{
    protected override Flow Run(Rendering rendering, Scope scope)
    {
        Value[] values = [.. assignments.Select(assignment => assignment.Value.Evaluate(rendering, scope))];
        var inside = new Scope(scope);
        for (int i = 0; i < values.Length; i++)
        {
            assignments[i].Target.Assign(values[i], inside);
        }

        return body.Execute(rendering, inside);
    }
}
