using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary><c>{% macro name(parameters) %} ... {% endmacro %}</c></summary>
internal sealed class MacroStatement(TemplatePlace place, Macro macro) : Statement(place)
{
    protected override Flow Run(Rendering rendering, Scope scope)
    {
        scope.Set(macro.Name, new MacroValue(macro, scope));
        return Flow.Next;
    }
}
