using SparseLlm.Runtime.Chat.Templates.Expressions;
using SparseLlm.Runtime.Chat.Templates.Syntax;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary><c>{{ value }}</c></summary>
internal sealed class OutputStatement(TemplatePlace place, Expression value) : Statement(place)
{
    protected override Flow Run(Rendering rendering, Scope scope)
    {
        rendering.Write(value.Evaluate(rendering, scope).Text(rendering.Budget));
        return Flow.Next;
    }
}
