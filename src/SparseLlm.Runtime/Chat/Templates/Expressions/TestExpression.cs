using SparseLlm.Runtime.Chat.Templates.Functions;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>value is test(arguments)</c></summary>
internal sealed class TestExpression(
    TemplatePlace place,
    Expression value,
    string name,
    CallArguments arguments) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope) =>
        BooleanValue.Of(
            Tests.Holds(name, value.Evaluate(rendering, scope), arguments.Evaluate(rendering, scope), rendering));
}
