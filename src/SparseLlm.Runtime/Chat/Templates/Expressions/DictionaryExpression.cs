using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary><c>{key: value}</c></summary>
internal sealed class DictionaryExpression(
    TemplatePlace place,
    IReadOnlyList<(Expression Key, Expression Value)> entries) : Expression(place)
{
    protected override Value Compute(Rendering rendering, Scope scope)
    {
        OrderedDictionary<Value, Value> values = DictionaryValue.NewEntries();
        foreach ((Expression key, Expression value) in entries)
        {
            Value named = KeyComparer.Require(key.Evaluate(rendering, scope));
            values[named] = value.Evaluate(rendering, scope);
        }

        return new DictionaryValue(values);
    }
}
