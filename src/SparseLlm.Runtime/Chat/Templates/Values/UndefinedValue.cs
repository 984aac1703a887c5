using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>What a name stands for that nothing was given for. It is written as nothing, and whoever asks more of it is
/// in error.</summary>
/// <param name="problem">What is not there, as the subject of a sentence: <c>'x', which is undefined,</c>.</param>
internal sealed class UndefinedValue(string problem) : Value
{
    /// <summary>What is not there, as the subject of a sentence.</summary>
    public string Problem { get; } = problem;

    public override string TypeName => "Undefined";

    public override bool IsTrue => false;

    public override bool IsIterable => true;

    public override int? Length => 0;

    /// <summary>A variable that nothing was given for.</summary>
    public static UndefinedValue Variable(string name) => new($"'{name}', which is undefined,");

    /// <summary>An attribute or element that a value does not have.</summary>
    public static UndefinedValue Member(Value of, string name) => new($"'{name}', which {of.Article()} does not have,");

    public override string Text(Budget budget) => "";

    public override void Represent(StringBuilder text, Budget budget) => budget.Append(text, "Undefined");

    public override IEnumerable<Value> Elements() => [];

    public override Value? Attribute(string name)
        => throw TemplateException.Failed($"{Problem} is asked for its '{name}'");

    public override Value? Item(Value key, Budget budget)
        => throw TemplateException.Failed($"{Problem} is asked for an element");
}
