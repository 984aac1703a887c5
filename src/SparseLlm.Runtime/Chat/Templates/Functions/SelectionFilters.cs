using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Filters that take some elements, or something of each.</summary>
internal static class SelectionFilters
{
    /// <summary><c>map</c>: an attribute of each element, or what a filter makes of it.</summary>
    public static Value Map(Value value, Arguments arguments, Rendering rendering)
    {
        if (arguments.Positional.Count > 0)
        {
            string filter = Parameters.Text(arguments.Positional[0], "'map'");
            Arguments inner = WithoutFirst(arguments);
            return new IteratorValue(
                Elements(value, rendering).Select(element => Filters.Apply(filter, element, inner, rendering)));
        }

        Value?[] bound = arguments.Bind("'map'", 1, "attribute", "default");
        return new IteratorValue(Elements(value, rendering).Select(element =>
            Members.AtPath(element, bound[0], rendering.Budget) is var found && found is UndefinedValue
                && bound[1] is { } absent and not NoneValue ? absent : found));
    }

    /// <summary><c>select</c></summary>
    public static Value Select(Value value, Arguments arguments, Rendering rendering)
        => Selected(value, null, arguments, rendering, isTaken: true);

    /// <summary><c>reject</c></summary>
    public static Value Reject(Value value, Arguments arguments, Rendering rendering)
        => Selected(value, null, arguments, rendering, isTaken: false);

    /// <summary><c>selectattr</c></summary>
    public static Value SelectByAttribute(Value value, Arguments arguments, Rendering rendering)
        => ByAttribute("selectattr", value, arguments, rendering, isTaken: true);

    /// <summary><c>rejectattr</c></summary>
    public static Value RejectByAttribute(Value value, Arguments arguments, Rendering rendering)
        => ByAttribute("rejectattr", value, arguments, rendering, isTaken: false);

    private static IteratorValue ByAttribute(
        string filter,
        Value value,
        Arguments arguments,
        Rendering rendering,
        bool isTaken) =>
        arguments.Positional.Count > 0
            ? Selected(value, arguments.Positional[0], WithoutFirst(arguments), rendering, isTaken)
            : throw TemplateException.Failed($"'{filter}' lacks the name of an attribute");

    private static IteratorValue Selected(
        Value value,
        Value? attribute,
        Arguments arguments,
        Rendering rendering,
        bool isTaken)
    {
        string? test = arguments.Positional.Count > 0
            ? Parameters.Text(arguments.Positional[0], "the test of a selection")
            : null;
        Arguments inner = WithoutFirst(arguments);
        return new IteratorValue(Elements(value, rendering).Where(element =>
        {
            Value tested = Members.AtPath(element, attribute, rendering.Budget);
            return (test is null ? tested.IsTrue : Tests.Holds(test, tested, inner, rendering)) == isTaken;
        }));
    }

    private static Arguments WithoutFirst(Arguments arguments)
        => arguments with { Positional = [.. arguments.Positional.Skip(1)] };

    /// <summary>The elements of a value, which is only asked for them when they are. What is false has none, whatever
    /// it is.</summary>
    private static IEnumerable<Value> Elements(Value value, Rendering rendering)
    {
        foreach (Value element in value.IsTrue ? value.Elements() : [])
        {
            rendering.Budget.Step();
            yield return element;
        }
    }
}
