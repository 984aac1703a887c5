using System.Text;
using SparseLlm.Runtime.Chat.Templates.Functions;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>A dictionary, in the order in which it was made.</summary>
/// <param name="entries">Its entries, by keys that are compared with <see cref="KeyComparer"/>.</param>
internal sealed class DictionaryValue(OrderedDictionary<Value, Value> entries) : Value
{
    /// <summary>Its entries.</summary>
    public OrderedDictionary<Value, Value> Entries { get; } = entries;

    public override string TypeName => "dict";

    public override bool IsTrue => Entries.Count > 0;

    public override bool IsIterable => true;

    public override int? Length => Entries.Count;

    /// <summary>An empty one, to be filled.</summary>
    public static OrderedDictionary<Value, Value> NewEntries() => new(KeyComparer.Instance);

    /// <summary>The value of a text; null if there is none.</summary>
    public Value? Find(string key) => Entries.GetValueOrDefault(new StringValue(key));

    public override IEnumerable<Value> Elements() => Entries.Keys;

    public override Value? Attribute(string name) => DictionaryMethods.Bind(this, name);

    public override Value? Item(Value key, Budget budget)
        => KeyComparer.IsKey(key) ? Entries.GetValueOrDefault(key) : null;

    public override void Represent(StringBuilder text, Budget budget)
    {
        budget.Enter();
        budget.Append(text, "{");
        string separator = "";
        foreach ((Value key, Value value) in Entries)
        {
            budget.Append(text, separator);
            key.Represent(text, budget);
            budget.Append(text, ": ");
            value.Represent(text, budget);
            separator = ", ";
        }

        budget.Append(text, "}");
        budget.Leave();
    }
}
