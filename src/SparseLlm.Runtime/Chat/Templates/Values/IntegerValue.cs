using System.Globalization;
using System.Numerics;
using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>An integer of any size within reason.</summary>
internal sealed class IntegerValue : Value
{
    private const int MostBits = 4096;

    /// <summary>An integer.</summary>
    public IntegerValue(BigInteger number)
    {
        if (number.GetBitLength() > MostBits)
        {
            throw TemplateException.Endless(
                FormattableString.Invariant($"the template computes an integer of more than {MostBits} bits"));
        }

        Number = number;
    }

    /// <summary>The number.</summary>
    public BigInteger Number { get; }

    public override string TypeName => "int";

    public override bool IsTrue => !Number.IsZero;

    public override void Represent(StringBuilder text, Budget budget)
        => budget.Append(text, Number.ToString(CultureInfo.InvariantCulture));
}
