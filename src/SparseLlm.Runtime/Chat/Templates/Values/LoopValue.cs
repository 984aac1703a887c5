using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>What a template can ask about the loop that it is in. Elements are taken when they are needed, and that is
/// one ahead where the template asks for it.</summary>
/// <param name="values">What the loop goes through.</param>
internal sealed class LoopValue(IEnumerable<Value> values) : Value, IDisposable
{
    private readonly IEnumerator<Value> source = values.GetEnumerator();
    private readonly List<Value> taken = [];
    private IReadOnlyList<Value>? last;
    private int index = -1;

    public override string TypeName => "LoopContext";

    public override int? Length
    {
        get
        {
            while (Take())
            {
            }

            return taken.Count;
        }
    }

    /// <summary>The element that it is at.</summary>
    public Value Current => taken[index];

    private bool HasNext => index + 1 < taken.Count || Take();

    /// <summary>Goes on to the next element, if there is one.</summary>
    public bool Advance()
    {
        bool hasNext = HasNext;
        index += hasNext ? 1 : 0;
        return hasNext;
    }

    public void Dispose() => source.Dispose();

    public override Value? Attribute(string name) => name switch
    {
        "index" => new IntegerValue(index + 1),
        "index0" => new IntegerValue(index),
        "revindex" => new IntegerValue(Length!.Value - index),
        "revindex0" => new IntegerValue(Length!.Value - index - 1),
        "first" => BooleanValue.Of(index == 0),
        "last" => BooleanValue.Of(!HasNext),
        "length" => new IntegerValue(Length!.Value),
        // Loops that call themselves are refused, so there is one level.
        "depth" => new IntegerValue(1),
        "depth0" => new IntegerValue(0),
        "previtem" => index > 0 ? taken[index - 1] : new UndefinedValue("the element before the first"),
        "nextitem" => HasNext ? taken[index + 1] : new UndefinedValue("the element behind the last"),
        "cycle" => new FunctionValue(Cycle),
        "changed" => new FunctionValue(Changed),
        _ => null,
    };

    public override void Represent(StringBuilder text, Budget budget)
        => throw TemplateException.Unsupported("writing a loop");

    private Value Cycle(Arguments arguments, Rendering rendering) => arguments.Positional.Count > 0
        ? arguments.Positional[index % arguments.Positional.Count]
        : throw TemplateException.Failed("'cycle' is given nothing to choose from");

    private BooleanValue Changed(Arguments arguments, Rendering rendering)
    {
        bool isSame = last is not null
            && Comparison.AreEqual(
                SequenceValue.List(last),
                SequenceValue.List(arguments.Positional),
                rendering.Budget);
        last = arguments.Positional;
        return BooleanValue.Of(!isSame);
    }

    private bool Take()
    {
        bool isThere = source.MoveNext();
        if (isThere)
        {
            taken.Add(source.Current);
        }

        return isThere;
    }
}
