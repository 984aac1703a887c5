using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>JSON as the values that Python would read it as.</summary>
internal static class JsonValues
{
    /// <summary>A value of JSON; null is none.</summary>
    public static Value Of(JsonNode? node) => Of(node, new Budget());

    private static Value Of(JsonNode? node, Budget budget)
    {
        budget.Enter();
        Value value = node switch
        {
            null => NoneValue.Instance,
            JsonArray array => SequenceValue.List([.. array.Select(element => Of(element, budget))]),
            JsonObject members => Of(members, budget),
            _ => Of(node.AsValue()),
        };
        budget.Leave();
        return value;
    }

    private static DictionaryValue Of(JsonObject members, Budget budget)
    {
        OrderedDictionary<Value, Value> entries = DictionaryValue.NewEntries();
        foreach ((string name, JsonNode? member) in members)
        {
            entries[new StringValue(name)] = Of(member, budget);
        }

        return new DictionaryValue(entries);
    }

    private static Value Of(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.True => BooleanValue.True,
        JsonValueKind.False => BooleanValue.False,
        JsonValueKind.Null => NoneValue.Instance,
        JsonValueKind.Number => Number(value.ToJsonString()),
        _ => new StringValue(value.GetValue<string>()),
    };

    private static Value Number(string digits) => digits.AsSpan().IndexOfAny('.', 'e', 'E') < 0
        ? new IntegerValue(BigInteger.Parse(digits, CultureInfo.InvariantCulture))
        : new FloatValue(double.Parse(digits, CultureInfo.InvariantCulture));
}
