using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>What <c>value.name</c> and <c>value['name']</c> are: to Jinja almost the same, but for which of attribute
/// and element goes first.</summary>
internal static class Members
{
    /// <summary>The attribute of a name, else the element.</summary>
    public static Value Attribute(Value value, string name, Budget budget)
    {
        if (name.StartsWith("__", StringComparison.Ordinal))
        {
            throw TemplateException.Unsupported($"the attribute '{name}'");
        }

        return value.Attribute(name) ?? value.Item(new StringValue(name), budget) ?? UndefinedValue.Member(value, name);
    }

    /// <summary>The element for a key, else the attribute.</summary>
    public static Value Item(Value value, Value key, Budget budget)
    {
        Value? found = value.Item(key, budget);
        if (found is null && key is SliceValue)
        {
            throw TemplateException.Failed($"{value.Article()} cannot be cut with '[:]', which needs a list or a text");
        }

        return found ?? (key is StringValue name
            ? value.Attribute(name.Content)
            : null) ?? UndefinedValue.Member(value, NameOf(key));
    }

    /// <summary>What is at the end of a path such as <c>function.name</c>; null gives the value itself.</summary>
    public static Value AtPath(Value value, Value? path, Budget budget)
    {
        if (path is not StringValue names)
        {
            return path is null or NoneValue ? value : Item(value, path, budget);
        }

        foreach (string name in names.Content.Split('.'))
        {
            bool isNumber = name.Length is > 0 and < 10 && name.All(char.IsAsciiDigit);
            value = Item(value, isNumber
                ? new IntegerValue(int.Parse(name, System.Globalization.CultureInfo.InvariantCulture))
                : new StringValue(name), budget);
        }

        return value;
    }

    private static string NameOf(Value key) => key switch
    {
        StringValue text => text.Content,
        IntegerValue number => number.Number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => key.TypeName,
    };
}
