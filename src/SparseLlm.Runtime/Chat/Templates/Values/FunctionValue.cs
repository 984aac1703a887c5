using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>A function of Jinja or a method of a value.</summary>
/// <param name="function">What it does.</param>
internal sealed class FunctionValue(Func<Arguments, Rendering, Value> function) : Value
{
    public override string TypeName => "builtin_function_or_method";

    public override Value Call(Arguments arguments, Rendering rendering) => function(arguments, rendering);

    public override void Represent(StringBuilder text, Budget budget) =>
        throw TemplateException.Failed("a function is written without being called; add '()'");
}
