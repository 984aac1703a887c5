using System.Numerics;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>Operators as Python has them.</summary>
internal static class Arithmetic
{
    private const int LargestExponent = 4096;

    /// <summary>The value of an operator between two values.</summary>
    /// <exception cref="TemplateException">Python has none.</exception>
    public static Value Apply(string symbol, Value left, Value right, Budget budget)
    {
        if (left is MarkupValue || right is MarkupValue)
        {
            throw TemplateException.Unsupported($"'{symbol}' on what 'safe' returns");
        }

        return symbol switch
        {
            "+" when left is StringValue one && right is StringValue other => Joined(one, other, budget),
            "+" when left is SequenceValue one && right is SequenceValue other && one.Kind == other.Kind
                && one.Kind != SequenceKind.Range => Joined(one, other, budget),
            "*" when left is StringValue or SequenceValue
                && Numbers.Integer(right) is BigInteger count => Repeated(left, count, budget),
            "*" when right is StringValue or SequenceValue
                && Numbers.Integer(left) is BigInteger count => Repeated(right, count, budget),
            "%" when left is StringValue => throw TemplateException.Unsupported("formatting a text with '%'"),
            _ when Numbers.Integer(left) is BigInteger one
                && Numbers.Integer(right) is BigInteger other => Integers(symbol, one, other),
            _ when Numbers.Double(left) is double one
                && Numbers.Double(right) is double other => new FloatValue(Doubles(symbol, one, other)),
            _ => throw TemplateException.Failed(
                $"'{symbol}' has no meaning between {left.Article()} and {right.Article()}"),
        };
    }

    /// <summary>The number with the other sign, or with a plus before it.</summary>
    public static Value Signed(char sign, Value value) => value switch
    {
        FloatValue number => sign == '-' ? new FloatValue(-number.Number) : number,
        _ when Numbers.Integer(value) is BigInteger number => new IntegerValue(sign == '-' ? -number : number),
        _ => throw TemplateException.Failed($"'{sign}' has no meaning before {value.Article()}"),
    };

    private static StringValue Joined(StringValue left, StringValue right, Budget budget)
    {
        budget.Text((long)left.Content.Length + right.Content.Length);
        return new StringValue(left.Content + right.Content);
    }

    private static SequenceValue Joined(SequenceValue left, SequenceValue right, Budget budget)
    {
        budget.List((long)left.Values.Count + right.Values.Count);
        return new SequenceValue(left.Kind, [.. left.Values, .. right.Values]);
    }

    private static Value Repeated(Value value, BigInteger count, Budget budget)
    {
        int times = (int)BigInteger.Clamp(count, 0, int.MaxValue);
        if (value is StringValue text)
        {
            budget.Text((long)text.Content.Length * times);
            return new StringValue(
                text.Content.Length == 0 ? "" : string.Concat(Enumerable.Repeat(text.Content, times)));
        }

        var sequence = (SequenceValue)value;
        if (sequence.Kind == SequenceKind.Range)
        {
            throw TemplateException.Failed("'*' has no meaning for a range");
        }

        budget.List((long)sequence.Values.Count * times);
        return new SequenceValue(sequence.Kind, sequence.Values.Count == 0
            ? []
            : [.. Enumerable.Repeat(sequence.Values, times).SelectMany(values => values)]);
    }

    private static Value Integers(string symbol, BigInteger left, BigInteger right) => symbol switch
    {
        "+" => new IntegerValue(left + right),
        "-" => new IntegerValue(left - right),
        "*" => new IntegerValue(left * right),
        "/" => new FloatValue(Doubles(symbol, (double)left, (double)right)),
        "//" => new IntegerValue(Floor(left, NotZero(right))),
        "%" => new IntegerValue(left - (Floor(left, NotZero(right)) * right)),
        _ => Power(left, right),
    };

    private static Value Power(BigInteger left, BigInteger right)
    {
        if (right.Sign < 0)
        {
            return new FloatValue(Doubles("**", (double)left, (double)right));
        }

        bool isSmall = BigInteger.Abs(left) <= 1
            || (right <= LargestExponent && left.GetBitLength() * (long)right <= 2 * LargestExponent);
        if (!isSmall)
        {
            throw TemplateException.Endless("the template computes a power that is too large");
        }

        return new IntegerValue(BigInteger.Abs(left) <= 1
            ? (right.IsZero ? 1 : left.Sign < 0 && right.IsEven ? 1 : left)
            : BigInteger.Pow(left, (int)right));
    }

    private static double Doubles(string symbol, double left, double right) => symbol switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / NotZero(right),
        "//" => FloorDivided(left, NotZero(right)),
        "%" => Modulo(left, NotZero(right)),
        _ when left == 0 && right < 0 => throw TemplateException.Failed("zero has no negative power"),
        _ when left < 0 && double.IsFinite(right) && !double.IsInteger(right) => throw TemplateException.Unsupported(
            "a power that is a complex number"),
        _ => Math.Pow(left, right),
    };

    private static double FloorDivided(double left, double right)
    {
        double quotient = (left - Modulo(left, right)) / right;
        double floor = Math.Floor(quotient);
        return quotient == 0 ? Math.CopySign(0, left / right) : quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static double Modulo(double left, double right)
    {
        double rest = left % right;
        return rest == 0 ? Math.CopySign(0, right) : (rest < 0) != (right < 0) ? rest + right : rest;
    }

    private static BigInteger Floor(BigInteger left, BigInteger right)
    {
        BigInteger quotient = BigInteger.DivRem(left, right, out BigInteger rest);
        return !rest.IsZero && (rest.Sign < 0) != (right.Sign < 0) ? quotient - 1 : quotient;
    }

    private static BigInteger NotZero(BigInteger number) => number.IsZero ? throw DivisionByZero() : number;

    private static double NotZero(double number) => number == 0 ? throw DivisionByZero() : number;

    private static TemplateException DivisionByZero() => TemplateException.Failed("a number is divided by zero");
}
