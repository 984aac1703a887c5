using SparseLlm.Runtime.Chat.Templates.Syntax;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary><c>{% break %}</c> or <c>{% continue %}</c></summary>
internal sealed class FlowStatement(TemplatePlace place, Flow flow) : Statement(place)
{
    protected override Flow Run(Rendering rendering, Scope scope) => flow;
}
