using System.Numerics;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Arguments of functions as what the functions need.</summary>
internal static class Parameters
{
    /// <summary>A text.</summary>
    /// <exception cref="TemplateException">It is none.</exception>
    public static string Text(Value value, string function) =>
        value is StringValue text
            ? text.Content
            : throw TemplateException.Failed($"{function} needs a text, and is given {value.Article()}");

    /// <summary>A text, or null for none and for what is left out.</summary>
    public static string? OptionalText(Value? value, string function)
        => value is null or NoneValue ? null : Text(value, function);

    /// <summary>A number of things, of which none is as many as there can be.</summary>
    public static int Count(Value? value, int absent, string function) => value switch
    {
        null or NoneValue => absent,
        _ when Numbers.Integer(value) is BigInteger number => (int)BigInteger.Clamp(number, int.MinValue, int.MaxValue),
        _ => throw TemplateException.Failed($"{function} needs an integer, and is given {value.Article()}"),
    };

    /// <summary>The elements of a value as a list.</summary>
    public static IReadOnlyList<Value> List(Value value, Budget budget)
    {
        if (value is SequenceValue sequence)
        {
            return sequence.Values;
        }

        budget.List(value.Length ?? 0);
        return [.. value.Elements()];
    }

    /// <summary>A list of texts as a value.</summary>
    public static SequenceValue Texts(IEnumerable<string> texts, Budget budget)
    {
        Value[] values = [.. texts.Select(text => new StringValue(text))];
        budget.List(values.Length);
        return SequenceValue.List(values);
    }
}
