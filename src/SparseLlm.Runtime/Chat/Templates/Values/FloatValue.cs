using System.Globalization;
using System.Text;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>A number in double precision.</summary>
/// <param name="number">The number.</param>
internal sealed class FloatValue(double number) : Value
{
    /// <summary>The number.</summary>
    public double Number { get; } = number;

    public override string TypeName => "float";

    public override bool IsTrue => Number != 0;

    public override void Represent(StringBuilder text, Budget budget) => budget.Append(text, Number switch
    {
        double.PositiveInfinity => "inf",
        double.NegativeInfinity => "-inf",
        double.NaN => "nan",
        _ => Written(Number),
    });

    /// <summary>A finite number in the fewest digits that give it back, as Python places its point and its
    /// exponent.</summary>
    public static string Written(double number)
    {
        (string digits, int exponent) = Decimal(Math.Abs(number));
        string sign = double.IsNegative(number) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string fraction = digits.Length > 1 ? $".{digits[1..]}" : "";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        if (exponent < 0)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        }

        string padded = digits.PadRight(exponent + 2, '0');
        return $"{sign}{padded[..(exponent + 1)]}.{padded[(exponent + 1)..]}";
    }

    /// <summary>The digits of d.ddd times a power of ten, and the power.</summary>
    private static (string Digits, int Exponent) Decimal(double number)
    {
        string[] parts = number.ToString("R", CultureInfo.InvariantCulture).Split('E');
        int power = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        int point = parts[0].IndexOf('.', StringComparison.Ordinal);
        string all = parts[0].Replace(".", "", StringComparison.Ordinal);
        int leading = all.Length - all.TrimStart('0').Length;
        string digits = all.Trim('0');
        return digits.Length == 0 ? ("0", 0) : (digits, power + (point < 0 ? all.Length : point) - 1 - leading);
    }
}
