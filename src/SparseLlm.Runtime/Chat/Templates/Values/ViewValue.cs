using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>The keys, values or entries of a dictionary. They can be counted and gone through, but have no first or
/// last by number.</summary>
/// <param name="name">Python's name of the type.</param>
/// <param name="values">What there is.</param>
internal sealed class ViewValue(string name, IReadOnlyList<Value> values) : Value
{
    public override string TypeName => name;

    public override bool IsTrue => values.Count > 0;

    public override bool IsIterable => true;

    public override int? Length => values.Count;

    public override IEnumerable<Value> Elements() => values;

    public override void Represent(StringBuilder text, Budget budget)
    {
        budget.Append(text, $"{name}(");
        SequenceValue.List(values).Represent(text, budget);
        budget.Append(text, ")");
    }
}
