using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>True or false. As a number, 1 or 0.</summary>
internal sealed class BooleanValue : Value
{
    /// <summary>True.</summary>
    public static readonly BooleanValue True = new();

    /// <summary>False.</summary>
    public static readonly BooleanValue False = new();

    private BooleanValue()
    {
    }

    public override string TypeName => "bool";

    public override bool IsTrue => ReferenceEquals(this, True);

    /// <summary>The one of the two.</summary>
    public static BooleanValue Of(bool value) => value ? True : False;

    public override void Represent(StringBuilder text, Budget budget) => budget.Append(text, IsTrue ? "True" : "False");
}
