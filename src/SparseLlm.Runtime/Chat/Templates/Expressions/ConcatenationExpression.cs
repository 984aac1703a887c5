using System.Text;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>one ~ other ~ third</c>: their texts.</summary>
internal sealed class ConcatenationExpression(TemplatePlace place, IReadOnlyList<Expression> parts) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope)
    {
        var text = new StringBuilder();
        foreach (Expression part in parts)
        {
            rendering.Budget.Append(text, part.Evaluate(rendering, scope).Text(rendering.Budget));
        }

        return new StringValue(text.ToString());
    }
}
