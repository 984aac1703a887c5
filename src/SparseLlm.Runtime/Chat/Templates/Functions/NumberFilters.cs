using System.Globalization;
using System.Numerics;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Filters for numbers.</summary>
internal static class NumberFilters
{
    private const int MostDigits = 300;

    /// <summary><c>abs</c></summary>
    public static Value Absolute(Value value, Arguments arguments, Rendering rendering)
    {
        arguments.Bind("'abs'", 0);
        return value switch
        {
            FloatValue number => new FloatValue(Math.Abs(number.Number)),
            _ when Numbers.Integer(value) is BigInteger number => new IntegerValue(BigInteger.Abs(number)),
            _ => throw TemplateException.Failed($"'abs' needs a number, and is given {value.Article()}"),
        };
    }

    /// <summary><c>int</c>: what is no number gives the default.</summary>
    public static Value Integer(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'int'", 0, "default", "base");
        if (Parameters.Count(bound[1], 10, "'int'") != 10)
        {
            throw TemplateException.Unsupported("'int' with another base than 10");
        }

        BigInteger? number = value switch
        {
            StringValue text => WholeNumber(text.Content) ?? Truncated(Number(text.Content)),
            FloatValue real => Truncated(real.Number),
            UndefinedValue => throw NotDefined("'int'", value),
            _ => Numbers.Integer(value),
        };
        return number is BigInteger found ? new IntegerValue(found) : bound[0] ?? new IntegerValue(0);
    }

    /// <summary><c>float</c>: what is no number gives the default.</summary>
    public static Value Float(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'float'", 0, "default");
        double? number = value switch
        {
            StringValue text => Number(text.Content),
            UndefinedValue => throw NotDefined("'float'", value),
            _ => Numbers.Double(value),
        };
        return number is double found ? new FloatValue(found) : bound[0] ?? new FloatValue(0);
    }

    /// <summary><c>round</c></summary>
    public static Value Round(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'round'", 0, "precision", "method");
        int digits = Parameters.Count(bound[0], 0, "'round'");
        string method = Parameters.OptionalText(bound[1], "'round'") ?? "common";
        if (digits is < 0 or > 15)
        {
            throw TemplateException.Unsupported("'round' to other than 0 to 15 digits");
        }

        if (Numbers.Double(value) is not double number || method is not ("common" or "ceil" or "floor"))
        {
            throw TemplateException.Failed($"'round' needs a number and one of the methods 'common', 'ceil' and "
                + $"'floor', and is given {value.Article()} and '{method}'");
        }

        double scale = Math.Pow(10, digits);
        return method switch
        {
            "ceil" => new FloatValue(Math.Ceiling(number * scale) / scale),
            "floor" => new FloatValue(Math.Floor(number * scale) / scale),
            _ when value is not FloatValue => new IntegerValue(Numbers.Integer(value)!.Value),
            _ => new FloatValue(Rounded(number, digits)),
        };
    }

    /// <summary><c>sum</c></summary>
    public static Value Sum(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'sum'", 0, "attribute", "start");
        Value sum = bound[1] ?? new IntegerValue(0);
        foreach (Value element in value.Elements())
        {
            sum = Arithmetic.Apply("+", sum, Members.AtPath(element, bound[0], rendering.Budget), rendering.Budget);
        }

        return sum;
    }

    /// <summary>To the nearest, and from the middle between two to the even one.</summary>
    private static double Rounded(double number, int digits) => digits == 0 || !double.IsFinite(number)
        ? Math.Round(number, MidpointRounding.ToEven)
        : double.Parse(number.ToString($"F{digits}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static TemplateException NotDefined(string filter, Value value)
        => TemplateException.Failed($"{value.Article()} is given to {filter}");

    private static BigInteger? Truncated(double? number)
        => number is double found && double.IsFinite(found) ? new BigInteger(found) : null;

    private static BigInteger? WholeNumber(string text)
    {
        string digits = Digits(text);
        return digits.Length <= MostDigits && BigInteger.TryParse(
            digits,
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out BigInteger number) ? number : null;
    }

    private static double? Number(string text)
    {
        string digits = Digits(text);
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint
            | NumberStyles.AllowExponent;
        return digits.ToLowerInvariant().TrimStart('+', '-') switch
        {
            "inf" or "infinity" => digits[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity,
            "nan" => double.NaN,
            _ when digits.Length <= MostDigits
                && double.TryParse(digits, Styles, CultureInfo.InvariantCulture, out double number) => number,
            _ => null,
        };
    }

    private static string Digits(string text)
        => PythonText.TrimEnd(PythonText.TrimStart(text)).Replace("_", "", StringComparison.Ordinal);
}
