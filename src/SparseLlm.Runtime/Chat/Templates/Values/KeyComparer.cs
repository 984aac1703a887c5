using System.Numerics;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>Compares keys of dictionaries as Python does, for which 1, 1.0 and True are the same key.</summary>
internal sealed class KeyComparer : IEqualityComparer<Value>
{
    /// <summary>The only one.</summary>
    public static readonly KeyComparer Instance = new();

    private KeyComparer()
    {
    }

    /// <summary>Whether a value can be a key. Tuples, which can in Python, are not taken.</summary>
    public static bool IsKey(Value value)
        => value is StringValue or IntegerValue or FloatValue or BooleanValue or NoneValue;

    /// <summary>The value, which is to be a key.</summary>
    /// <exception cref="TemplateException">It can be none.</exception>
    public static Value Require(Value value) => value switch
    {
        SequenceValue { Kind: SequenceKind.Tuple } => throw TemplateException.Unsupported(
            "a tuple as the key of a dictionary"),
        _ when IsKey(value) => value,
        _ => throw TemplateException.Failed($"{value.Article()} cannot be the key of a dictionary"),
    };

    public bool Equals(Value? first, Value? second) => (first, second) switch
    {
        (StringValue one, StringValue other) => one.Content == other.Content,
        (NoneValue, NoneValue) => true,
        _ when first is not null && second is not null && Numbers.IsNumber(first) && Numbers.IsNumber(second) => Numbers
            .Compare(first, second) == 0,
        _ => false,
    };

    public int GetHashCode(Value value) => value switch
    {
        StringValue text => text.Content.GetHashCode(StringComparison.Ordinal),
        FloatValue { Number: double number } when !double.IsInteger(number) => number.GetHashCode(),
        FloatValue { Number: double number } => new BigInteger(number).GetHashCode(),
        _ when Numbers.IsNumber(value) => Numbers.Integer(value)!.Value.GetHashCode(),
        _ => 0,
    };
}
