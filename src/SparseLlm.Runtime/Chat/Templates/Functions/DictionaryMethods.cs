using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>The methods of Python's dictionaries. Those that change one are forbidden, as in jinja2's
/// sandbox.</summary>
internal static class DictionaryMethods
{
    /// <summary>The method of a dictionary; null if it has none of that name.</summary>
    public static Value? Bind(DictionaryValue dictionary, string name) => name switch
    {
        "get" => new FunctionValue((arguments, _) =>
        {
            Value?[] bound = arguments.Bind("'get'", 1, "key", "default");
            Value? found = bound[0] is UndefinedValue
                ? null
                : dictionary.Entries.GetValueOrDefault(KeyComparer.Require(bound[0]!));
            return found ?? bound[1] ?? NoneValue.Instance;
        }),
        "items" => View(() => new ViewValue("dict_items", Entries(dictionary))),
        "keys" => View(() => new ViewValue("dict_keys", [.. dictionary.Entries.Keys])),
        "values" => View(() => new ViewValue("dict_values", [.. dictionary.Entries.Values])),
        "copy" => View(() => dictionary),
        "clear" or "pop" or "popitem" or "setdefault" or "update" =>
            new FunctionValue((_, _) => throw TemplateException.Failed(
                $"'{name}' changes a dictionary, which chat templates must not")),
        _ => null,
    };

    /// <summary>The entries of a dictionary, each as a tuple.</summary>
    public static IReadOnlyList<Value> Entries(DictionaryValue dictionary)
        => [.. dictionary.Entries.Select(entry => SequenceValue.Tuple(entry.Key, entry.Value))];

    private static FunctionValue View(Func<Value> view) => new((arguments, rendering) =>
    {
        arguments.Bind("this method", 0);
        Value value = view();
        rendering.Budget.List(value.Length ?? 0);
        return value;
    });
}
