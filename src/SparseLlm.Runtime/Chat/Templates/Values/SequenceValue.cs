using System.Text;
using SparseLlm.Runtime.Chat.Templates.Functions;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>A list, a tuple or a range.</summary>
/// <param name="kind">Which of them.</param>
/// <param name="values">Its elements.</param>
internal sealed class SequenceValue(SequenceKind kind, IReadOnlyList<Value> values) : Value
{
    /// <summary>Which of them.</summary>
    public SequenceKind Kind { get; } = kind;

    /// <summary>Its elements.</summary>
    public IReadOnlyList<Value> Values { get; } = values;

    public override string TypeName => Kind switch
    {
        SequenceKind.List => "list",
        SequenceKind.Tuple => "tuple",
        _ => "range",
    };

    public override bool IsTrue => Values.Count > 0;

    public override bool IsIterable => true;

    public override int? Length => Values.Count;

    /// <summary>A list.</summary>
    public static SequenceValue List(IReadOnlyList<Value> values) => new(SequenceKind.List, values);

    /// <summary>A tuple.</summary>
    public static SequenceValue Tuple(params IReadOnlyList<Value> values) => new(SequenceKind.Tuple, values);

    public override IEnumerable<Value> Elements() => Values;

    public override Value? Attribute(string name) => SequenceMethods.Bind(this, name);

    public override Value? Item(Value key, Budget budget)
    {
        if (key is SliceValue slice)
        {
            (int start, int count, int step) = slice.Within(Values.Count);
            budget.List(count);
            return new SequenceValue(Kind, [.. Enumerable.Range(0, count).Select(i => Values[start + (i * step)])]);
        }

        return Numbers.Index(key, Values.Count) is int index ? Values[index] : null;
    }

    public override void Represent(StringBuilder text, Budget budget)
    {
        if (Kind == SequenceKind.Range)
        {
            throw TemplateException.Unsupported("writing a range");
        }

        budget.Enter();
        budget.Append(text, Kind == SequenceKind.List ? "[" : "(");
        for (int i = 0; i < Values.Count; i++)
        {
            budget.Append(text, i > 0 ? ", " : "");
            Values[i].Represent(text, budget);
        }

        budget.Append(text, Kind == SequenceKind.List ? "]" : Values.Count == 1 ? ",)" : ")");
        budget.Leave();
    }
}
