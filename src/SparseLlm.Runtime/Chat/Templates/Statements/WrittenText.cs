using SparseLlm.Runtime.Chat.Templates.Expressions;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary>What a block writes, as a value. What is set inside is forgotten.</summary>
internal sealed class WrittenText(TemplatePlace place) : Expression(place)
{
    /// <summary>The block, which is read after the filters that are written on it.</summary>
    public Block Body { private get; set; } = new([]);

    protected override Value Compute(Rendering rendering, Scope scope) =>
        new StringValue(rendering.Capture(() => Body.Execute(rendering, new Scope(scope))));
}
