using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>A value as Python knows it. Immutable, but for a namespace.</summary>
internal abstract class Value
{
    /// <summary>Python's name of its type.</summary>
    public abstract string TypeName { get; }

    /// <summary>Whether a condition counts it as true.</summary>
    public virtual bool IsTrue => true;

    /// <summary>Its text when it is written.</summary>
    public virtual string Text(Budget budget)
    {
        var text = new StringBuilder();
        Represent(text, budget);
        return text.ToString();
    }

    /// <summary>Appends it as Python writes it in source code, which is how elements of lists are written.</summary>
    public abstract void Represent(StringBuilder text, Budget budget);

    /// <summary>The attribute of a name; null if it has none.</summary>
    public virtual Value? Attribute(string name) => null;

    /// <summary>The element for a key; null if it has none.</summary>
    public virtual Value? Item(Value key, Budget budget) => null;

    /// <summary>Its elements.</summary>
    /// <exception cref="TemplateException">It has none.</exception>
    public virtual IEnumerable<Value> Elements()
        => throw TemplateException.Failed($"{Article()} cannot be gone through, and a list is expected");

    /// <summary>Whether it can be gone through.</summary>
    public virtual bool IsIterable => false;

    /// <summary>How many elements it has; null if Python has no answer to that.</summary>
    public virtual int? Length => null;

    /// <summary>Calls it.</summary>
    /// <exception cref="TemplateException">It is no function.</exception>
    public virtual Value Call(Arguments arguments, Rendering rendering)
        => throw TemplateException.Failed($"{Article()} is no function, and cannot be called");

    /// <summary>What it is called in a message.</summary>
    public string Article() => this switch
    {
        UndefinedValue undefined => undefined.Problem,
        NoneValue => "'none'",
        _ => $"a value of type '{TypeName}'",
    };
}
