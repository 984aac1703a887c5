using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>[first, second]</c> or <c>(first, second)</c></summary>
internal sealed class SequenceExpression(
    TemplatePlace place,
    SequenceKind kind,
    IReadOnlyList<Expression> elements) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope)
    {
        var values = new Value[elements.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = elements[i].Evaluate(rendering, scope);
        }

        return new SequenceValue(kind, values);
    }
}
