using SparseLlm.Runtime.Chat.Templates.Expressions;
using SparseLlm.Runtime.Chat.Templates.Syntax;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary><c>{% set target = value %}</c></summary>
internal sealed class SetStatement(TemplatePlace place, Target target, Expression value) : Statement(place)
{
    protected override Flow Run(Rendering rendering, Scope scope)
    {
        target.Assign(value.Evaluate(rendering, scope), scope);
        return Flow.Next;
    }
}
