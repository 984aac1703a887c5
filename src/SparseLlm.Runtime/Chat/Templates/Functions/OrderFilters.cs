using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Filters that compare elements, without regard to capitals unless they are told otherwise.</summary>
internal static class OrderFilters
{
    /// <summary><c>sort</c></summary>
    public static Value Sort(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'sort'", 0, "reverse", "case_sensitive", "attribute");
        Value?[] attributes = bound[2] is StringValue names
            ? [.. names.Content.Split(',').Select(name => new StringValue(name))]
            : [bound[2]];
        return SequenceValue.List(Comparison.Sorted(
            Parameters.List(value, rendering.Budget),
            element => SequenceValue.List(
                [.. attributes.Select(attribute
                    => Key(Members.AtPath(element, attribute, rendering.Budget), bound[1]))]),
            bound[0]?.IsTrue == true,
            rendering.Budget));
    }

    /// <summary><c>dictsort</c></summary>
    public static Value SortDictionary(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'dictsort'", 0, "case_sensitive", "by", "reverse");
        string by = Parameters.OptionalText(bound[1], "'dictsort'") ?? "key";
        if (value is not DictionaryValue dictionary || by is not ("key" or "value"))
        {
            throw TemplateException.Failed($"'dictsort' needs a dictionary, and sorts by 'key' or 'value'; it is given "
                + $"{value.Article()} and '{by}'");
        }

        int place = by == "key" ? 0 : 1;
        return SequenceValue.List(Comparison.Sorted(
            DictionaryMethods.Entries(dictionary), entry => Key(((SequenceValue)entry)
                .Values[place], bound[0]), bound[2]?.IsTrue == true, rendering.Budget));
    }

    /// <summary><c>min</c></summary>
    public static Value Minimum(Value value, Arguments arguments, Rendering rendering)
        => Extreme("'min'", value, arguments, rendering, sign: -1);

    /// <summary><c>max</c></summary>
    public static Value Maximum(Value value, Arguments arguments, Rendering rendering)
        => Extreme("'max'", value, arguments, rendering, sign: 1);

    /// <summary><c>unique</c></summary>
    public static Value Unique(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'unique'", 0, "case_sensitive", "attribute");
        var seen = new HashSet<Value>(KeyComparer.Instance);
        return new IteratorValue(Deferred(value).Where(element =>
            seen.Add(KeyComparer.Require(Key(Members.AtPath(element, bound[1], rendering.Budget), bound[0])))));
    }

    /// <summary>The elements of a value, which is only asked for them when they are.</summary>
    private static IEnumerable<Value> Deferred(Value value)
    {
        foreach (Value element in value.Elements())
        {
            yield return element;
        }
    }

    private static Value Extreme(string name, Value value, Arguments arguments, Rendering rendering, int sign)
    {
        Value?[] bound = arguments.Bind(name, 0, "case_sensitive", "attribute");
        Value? found = null;
        Value? best = null;
        foreach (Value element in value.Elements())
        {
            Value key = Key(Members.AtPath(element, bound[1], rendering.Budget), bound[0]);
            if (best is null || Comparison.Order(key, best, rendering.Budget) * sign > 0)
            {
                (found, best) = (element, key);
            }
        }

        return found ?? new UndefinedValue("the least or greatest element of what has none");
    }

    private static Value Key(Value value, Value? isCaseSensitive) =>
        value is StringValue text && isCaseSensitive?.IsTrue != true
            ? new StringValue(text.Content.ToLowerInvariant())
            : value;
}
