using SparseLlm.Runtime.Chat.Templates.Expressions;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary><c>{% call function(arguments) %} ... {% endcall %}</c>: the function gets what is inside as its
/// <c>caller</c>.</summary>
internal sealed class CallStatement(TemplatePlace place, CallExpression call, Macro body) : Statement(place)
{
    protected override Flow Run(Rendering rendering, Scope scope)
    {
        rendering.Write(
            call.EvaluateWith(rendering, scope, Macro.Caller, new MacroValue(body, scope)).Text(rendering.Budget));
        return Flow.Next;
    }
}
