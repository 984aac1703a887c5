using SparseLlm.Runtime.Chat.Templates.Syntax;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary>Text between tags.</summary>
internal sealed class TextStatement(TemplatePlace place, string text) : Statement(place)
{
    protected override Flow Run(Rendering rendering, Scope scope)
    {
        rendering.Write(text);
        return Flow.Next;
    }
}
