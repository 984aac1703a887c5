using System.Text.Json;

namespace SparseLlm.Pruning.Calibration;

/// <summary>
/// Which part of a record is meant: <c>text</c>, <c>meta.body</c> for a field in a field, <c>messages[].content</c> for
/// a field of each item of a list, <c>lines[]</c> for the items themselves. A field that is called like a longer part
/// of the path, dots and all, goes first.
/// </summary>
/// <param name="text">The path as it is written.</param>
internal sealed class FieldPath(string text)
{
    private const string Each = "[]";

    /// <summary>The text of a record: its strings on this path, one on each line.</summary>
    /// <returns>The text, null where there is null for it, and what is wrong, empty where nothing is.</returns>
    public (string? Text, string Problem) Text(JsonElement record)
    {
        var values = new List<string>();
        string problem = Collect(record, text, isInList: false, values) ?? "";
        return (problem.Length > 0 || values.Count == 0 ? null : string.Join('\n', values), problem);
    }

    /// <summary>The one value on this path.</summary>
    /// <param name="record">The record.</param>
    /// <param name="value">The value.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryFind(JsonElement record, out JsonElement value)
    {
        value = record;
        for (string rest = text; rest.Length > 0;)
        {
            if (Step(value, rest) is not { } step)
            {
                return false;
            }

            (value, rest) = step;
        }

        return true;
    }

    /// <summary>How the message ends about a record that has no such field.</summary>
    /// <param name="names">The fields that there are.</param>
    public string Missing(IReadOnlyCollection<string> names) => names.Count == 0 ? "it has no fields"
        : Diagnostics.Nearest.To(text, names) is { } nearest ? $"did you mean '{nearest}'?"
        : $"it has {string.Join(", ", names.Take(10))}{(names.Count > 10 ? ", ..." : "")}";

    /// <inheritdoc/>
    public override string ToString() => text;

    /// <returns>What is wrong; null if nothing is.</returns>
    private string? Collect(JsonElement element, string rest, bool isInList, List<string> values)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (rest.Length == 0)
        {
            if (element.ValueKind == JsonValueKind.String)
            {
                values.Add(element.GetString()!);
                return null;
            }

            return element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0
                ? $"'{text}' is a list; write '{text}{Each}{FieldOf(element[0])}' for each of its items"
                : NoString(null);
        }

        if (rest.StartsWith(Each, StringComparison.Ordinal))
        {
            return element.ValueKind == JsonValueKind.Array
                ? element.EnumerateArray().Select(
                    item => Collect(item, rest[Each.Length..].TrimStart('.'), isInList: true, values))
                        .FirstOrDefault(problem => problem is not null)
                : $"'{text}' goes through a list, and the record has no list there";
        }

        return Step(element, rest) is { } step ? Collect(step.Value, step.Further, isInList, values)
            : isInList && element.ValueKind == JsonValueKind.Object ? null
            : NoString(element);
    }

    /// <summary>The last of an item's fields that are text, to go on with: the content of a message stands behind its
    /// role.</summary>
    private static string FieldOf(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.EnumerateObject().LastOrDefault(
            field => field.Value.ValueKind == JsonValueKind.String)
                is { Name: { } name, Value.ValueKind: JsonValueKind.String }
            ? $".{name}"
            : "";

    private string NoString(JsonElement? element)
    {
        string[] names = element is { ValueKind: JsonValueKind.Object }
            ? [.. element.Value.EnumerateObject().Select(property => property.Name)]
            : [];
        return $"the record has no string field '{text}'{(names.Length > 0 ? $" ({Missing(names)})" : "")}; name the "
            + $"field that holds the text with 'field'";
    }

    /// <summary>The value of the field that the longest part of a path names, and what is left of the path.</summary>
    private static (JsonElement Value, string Further)? Step(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach ((string name, string further) in Splits(path))
        {
            if (element.TryGetProperty(name, out JsonElement value))
            {
                return (value, further);
            }
        }

        return null;
    }

    /// <summary>The ways to take a name from the beginning of a path, the longest name first.</summary>
    public static IEnumerable<(string Name, string Further)> Splits(string path)
    {
        yield return (path, "");
        for (int end = path.Length - 1; end > 0; end--)
        {
            if (path[end] == '.')
            {
                yield return (path[..end], path[(end + 1)..]);
            }
            else if (path.AsSpan(end).StartsWith(Each))
            {
                yield return (path[..end], path[end..]);
            }
        }
    }
}
