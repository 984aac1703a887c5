using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>What filters such as <c>map</c> return. It is made as it is gone through, which it can be once, and is true
/// even where nothing comes.</summary>
/// <param name="values">What comes.</param>
internal sealed class IteratorValue(IEnumerable<Value> values) : Value
{
    private readonly IEnumerator<Value> values = values.GetEnumerator();

    public override string TypeName => "generator";

    public override bool IsIterable => true;

    public override IEnumerable<Value> Elements()
    {
        while (this.values.MoveNext())
        {
            yield return this.values.Current;
        }
    }

    public override void Represent(StringBuilder text, Budget budget) =>
        throw TemplateException.Failed(
            "what a filter such as 'map' or 'select' returns is written without making it a list; add '| list'");
}
