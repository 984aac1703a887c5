using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>What <c>namespace</c> makes: names that loops and blocks can set for those around them.</summary>
internal sealed class NamespaceValue : Value
{
    private readonly Dictionary<string, Value> values = new(StringComparer.Ordinal);

    public override string TypeName => "Namespace";

    /// <summary>Sets a name.</summary>
    public void Set(string name, Value value) => values[name] = value;

    public override Value? Attribute(string name) => values.GetValueOrDefault(name);

    public override void Represent(StringBuilder text, Budget budget)
        => throw TemplateException.Unsupported("writing a namespace");
}
