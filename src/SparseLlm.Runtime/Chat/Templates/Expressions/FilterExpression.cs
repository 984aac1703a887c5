using SparseLlm.Runtime.Chat.Templates.Functions;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>value | filter(arguments)</c></summary>
internal sealed class FilterExpression(
    TemplatePlace place,
    Expression value,
    string name,
    CallArguments arguments) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope) =>
        Filters.Apply(name, value.Evaluate(rendering, scope), arguments.Evaluate(rendering, scope), rendering);
}
