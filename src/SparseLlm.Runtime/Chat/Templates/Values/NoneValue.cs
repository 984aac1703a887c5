using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>Nothing.</summary>
internal sealed class NoneValue : Value
{
    /// <summary>The only one.</summary>
    public static readonly NoneValue Instance = new();

    private NoneValue()
    {
    }

    public override string TypeName => "NoneType";

    public override bool IsTrue => false;

    public override void Represent(StringBuilder text, Budget budget) => budget.Append(text, "None");
}
