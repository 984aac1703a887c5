using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>function(arguments)</c></summary>
internal sealed class CallExpression(
    TemplatePlace place,
    Expression function,
    CallArguments arguments) : Expression(place)
{
    /// <summary>Calls the function with one more argument, which a block gives it.</summary>
    public Value EvaluateWith(Rendering rendering, Scope scope, string name, Value value)
    {
        Value called = function.Evaluate(rendering, scope);
        Arguments given = arguments.Evaluate(rendering, scope);
        return called.Call(given with { Named = [.. given.Named, (name, value)] }, rendering);
    }

    protected override Value Compute(Rendering rendering, Scope scope) =>
        function.Evaluate(rendering, scope).Call(arguments.Evaluate(rendering, scope), rendering);
}
