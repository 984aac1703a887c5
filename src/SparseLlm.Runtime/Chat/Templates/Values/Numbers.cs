using System.Numerics;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>Values as numbers.</summary>
internal static class Numbers
{
    /// <summary>Whether a value counts as a number.</summary>
    public static bool IsNumber(Value value) => value is IntegerValue or FloatValue or BooleanValue;

    /// <summary>An integer or a truth value as an integer; null for all else.</summary>
    public static BigInteger? Integer(Value value) => value switch
    {
        IntegerValue integer => integer.Number,
        BooleanValue boolean => boolean.IsTrue ? 1 : 0,
        _ => null,
    };

    /// <summary>A number in double precision; null for what is none.</summary>
    public static double? Double(Value value) => value is FloatValue number ? number.Number : (double?)Integer(value);

    /// <summary>The place of an element that is counted from the beginning, or with a negative number from the end;
    /// null if there is none.</summary>
    public static int? Index(Value key, int length)
    {
        if (Integer(key) is not BigInteger number)
        {
            return null;
        }

        BigInteger index = number.Sign < 0 ? number + length : number;
        return index.Sign >= 0 && index < length ? (int)index : null;
    }

    /// <summary>How two numbers compare; null where one of them is NaN.</summary>
    public static int? Compare(Value first, Value second) => (first, second) switch
    {
        (FloatValue one, FloatValue other) => Compare(one.Number, other.Number),
        (FloatValue one, _) => Compare(one.Number, Integer(second)!.Value),
        (_, FloatValue other) => -Compare(other.Number, Integer(first)!.Value),
        _ => Integer(first)!.Value.CompareTo(Integer(second)!.Value),
    };

    private static int? Compare(double first, double second)
        => double.IsNaN(first) || double.IsNaN(second) ? null : first.CompareTo(second);

    /// <summary>An integer may have more digits than double precision has, so the float is made one.</summary>
    private static int? Compare(double first, BigInteger second)
    {
        if (!double.IsFinite(first))
        {
            return Compare(first, 0.0);
        }

        double whole = Math.Floor(first);
        int order = new BigInteger(whole).CompareTo(second);
        return order == 0 && first > whole ? 1 : order;
    }
}
