using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Filters for what has elements.</summary>
internal static class SequenceFilters
{
    /// <summary><c>length</c></summary>
    public static Value Count(Value value, Arguments arguments, Rendering rendering)
    {
        arguments.Bind("'length'", 0);
        return new IntegerValue(value.Length ?? throw TemplateException.Failed($"{value.Article()} has no length"));
    }

    /// <summary><c>first</c></summary>
    public static Value First(Value value, Arguments arguments, Rendering rendering)
    {
        arguments.Bind("'first'", 0);
        return value.Elements().FirstOrDefault() ?? new UndefinedValue("the first element of what has none");
    }

    /// <summary><c>last</c></summary>
    public static Value Last(Value value, Arguments arguments, Rendering rendering)
    {
        arguments.Bind("'last'", 0);
        IReadOnlyList<Value> values = Parameters.List(Reversible(value), rendering.Budget);
        return values.Count > 0 ? values[^1] : new UndefinedValue("the last element of what has none");
    }

    /// <summary><c>reverse</c></summary>
    public static Value Reverse(Value value, Arguments arguments, Rendering rendering)
    {
        arguments.Bind("'reverse'", 0);
        Value[] reversed = [.. Parameters.List(value, rendering.Budget).Reverse()];
        return value switch
        {
            StringValue => new StringValue(string.Concat(reversed.Select(element => element.Text(rendering.Budget)))),
            IteratorValue => SequenceValue.List(reversed),
            _ => new IteratorValue(reversed),
        };
    }

    /// <summary><c>items</c></summary>
    public static Value Items(Value value, Arguments arguments, Rendering rendering)
    {
        arguments.Bind("'items'", 0);
        return new IteratorValue(Entries(value));
    }

    /// <summary><c>list</c></summary>
    public static Value List(Value value, Arguments arguments, Rendering rendering)
    {
        arguments.Bind("'list'", 0);
        return SequenceValue.List(Parameters.List(value, rendering.Budget));
    }

    /// <summary><c>join</c></summary>
    public static Value Join(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'join'", 0, "d", "attribute");
        string separator = bound[0]?.Text(rendering.Budget) ?? "";
        var text = new System.Text.StringBuilder();
        bool isFirst = true;
        foreach (Value element in value.Elements())
        {
            rendering.Budget.Append(text, isFirst ? "" : separator);
            rendering.Budget.Append(text, Members.AtPath(element, bound[1], rendering.Budget).Text(rendering.Budget));
            isFirst = false;
        }

        return new StringValue(text.ToString());
    }

    private static IEnumerable<Value> Entries(Value value)
    {
        IReadOnlyList<Value> entries = value switch
        {
            UndefinedValue => [],
            DictionaryValue dictionary => DictionaryMethods.Entries(dictionary),
            _ => throw TemplateException.Failed($"'items' needs a dictionary, and is given {value.Article()}"),
        };
        foreach (Value entry in entries)
        {
            yield return entry;
        }
    }

    private static Value Reversible(Value value) => value is IteratorValue
        ? throw TemplateException.Failed(
            "what a filter such as 'map' or 'select' returns cannot be gone through backwards; add '| list'")
        : value;
}
