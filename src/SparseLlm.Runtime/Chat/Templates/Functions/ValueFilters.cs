using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Filters for values of any type.</summary>
internal static class ValueFilters
{
    /// <summary><c>default</c>: another value for one that is undefined, or with <c>boolean</c> for one that is
    /// false.</summary>
    public static Value Default(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'default'", 0, "default_value", "boolean");
        bool isReplaced = value is UndefinedValue || (bound[1]?.IsTrue == true && !value.IsTrue);
        return isReplaced ? bound[0] ?? StringValue.Empty : value;
    }

    /// <summary><c>attr</c>: an attribute, but no element.</summary>
    public static Value Attribute(Value value, Arguments arguments, Rendering rendering)
    {
        string name = Parameters.Text(arguments.Bind("'attr'", 1, "name")[0]!, "'attr'");
        return value.Attribute(name) ?? UndefinedValue.Member(value, name);
    }

    /// <summary><c>safe</c>: marks HTML.</summary>
    public static Value Safe(Value value, Arguments arguments, Rendering rendering)
    {
        arguments.Bind("'safe'", 0);
        return new MarkupValue(value.Text(rendering.Budget));
    }

    /// <summary><c>string</c>: the value as text.</summary>
    public static Value String(Value value, Arguments arguments, Rendering rendering)
    {
        arguments.Bind("'string'", 0);
        return value is StringValue ? value : new StringValue(value.Text(rendering.Budget));
    }

    /// <summary><c>tojson</c>, as transformers replaces that of jinja2: nothing is escaped for HTML.</summary>
    public static Value ToJson(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'tojson'", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        string? indentation = bound[1] switch
        {
            null or NoneValue => null,
            StringValue text => text.Content,
            var width => Spaces(Parameters.Count(width, 0, "'tojson'"), rendering.Budget),
        };
        var json = new JsonText(
            rendering.Budget,
            bound[0]?.IsTrue == true,
            indentation,
            Separators(bound[2], indentation),
            bound[3]?.IsTrue == true);
        return new StringValue(json.Of(value));
    }

    private static string Spaces(int count, Budget budget)
    {
        budget.Text(count);
        return new string(' ', Math.Max(0, count));
    }

    private static (string Item, string Key) Separators(Value? given, string? indentation) => given switch
    {
        null or NoneValue => (indentation is null ? ", " : ",", ": "),
        SequenceValue { Values: [StringValue item, StringValue key] } => (item.Content, key.Content),
        _ => throw TemplateException.Failed("'separators' of 'tojson' must be two texts"),
    };
}
