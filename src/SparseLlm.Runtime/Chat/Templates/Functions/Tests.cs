using System.Collections.Frozen;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>The tests behind <c>is</c>, by their names.</summary>
internal static class Tests
{
    private static readonly FrozenDictionary<string, Func<Value, bool>> OfOne
        = new Dictionary<string, Func<Value, bool>>
        {
            ["boolean"] = value => value is BooleanValue,
            ["callable"] = value => value is FunctionValue or MacroValue or UndefinedValue,
            ["defined"] = value => value is not UndefinedValue,
            ["escaped"] = value => value is MarkupValue,
            ["false"] = value => ReferenceEquals(value, BooleanValue.False),
            ["float"] = value => value is FloatValue,
            ["integer"] = value => value is IntegerValue,
            ["iterable"] = value => value.IsIterable,
            ["mapping"] = value => value is DictionaryValue,
            ["none"] = value => value is NoneValue,
            ["number"] = Numbers.IsNumber,
            ["sequence"] = value => value is StringValue or SequenceValue or DictionaryValue or UndefinedValue,
            ["string"] = value => value is StringValue,
            ["true"] = value => ReferenceEquals(value, BooleanValue.True),
            ["undefined"] = value => value is UndefinedValue,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Func<Value, Value, Budget, bool>> OfTwo
        = new Dictionary<string, Func<Value, Value, Budget, bool>>
        {
            ["divisibleby"] = (value, by, budget) => !Arithmetic.Apply("%", value, by, budget).IsTrue,
            ["=="] = Comparison.AreEqual,
            ["eq"] = Comparison.AreEqual,
            ["equalto"] = Comparison.AreEqual,
            ["!="] = (value, other, budget) => !Comparison.AreEqual(value, other, budget),
            ["ne"] = (value, other, budget) => !Comparison.AreEqual(value, other, budget),
            [">"] = IsGreater,
            ["gt"] = IsGreater,
            ["greaterthan"] = IsGreater,
            [">="] = IsGreaterOrEqual,
            ["ge"] = IsGreaterOrEqual,
            ["<"] = IsLess,
            ["lt"] = IsLess,
            ["lessthan"] = IsLess,
            ["<="] = IsLessOrEqual,
            ["le"] = IsLessOrEqual,
            ["in"] = (value, container, budget) => Comparison.Contains(container, value, budget),
            ["sameas"] = IsSame,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether a test holds for a value.</summary>
    /// <exception cref="TemplateException">There is no such test, or it cannot take the value.</exception>
    public static bool Holds(string name, Value value, Arguments arguments, Rendering rendering)
    {
        if (OfOne.TryGetValue(name, out Func<Value, bool>? ofOne))
        {
            arguments.Bind($"'{name}'", 0);
            return ofOne(value);
        }

        if (OfTwo.TryGetValue(name, out Func<Value, Value, Budget, bool>? ofTwo))
        {
            return ofTwo(value, arguments.Bind($"'{name}'", 1, "other")[0]!, rendering.Budget);
        }

        return name switch
        {
            "even" => Half(value, rendering.Budget) == 0,
            "odd" => Half(value, rendering.Budget) == 1,
            "lower" => StringCase.IsLower(value.Text(rendering.Budget)),
            "upper" => StringCase.IsUpper(value.Text(rendering.Budget)),
            _ => throw TemplateException.Unsupported($"the test '{name}'"),
        };
    }

    private static bool IsGreater(Value value, Value other, Budget budget)
        => Comparison.Order(value, other, budget) > 0;

    private static bool IsGreaterOrEqual(Value value, Value other, Budget budget)
        => Comparison.Order(value, other, budget) >= 0;

    private static bool IsLess(Value value, Value other, Budget budget) => Comparison.Order(value, other, budget) < 0;

    private static bool IsLessOrEqual(Value value, Value other, Budget budget)
        => Comparison.Order(value, other, budget) <= 0;

    /// <summary>Python keeps one object for what is equal among scalars, or so the templates that ask take
    /// it.</summary>
    private static bool IsSame(Value value, Value other, Budget budget) =>
        ReferenceEquals(value, other) || (value.GetType() == other.GetType() && KeyComparer.IsKey(value)
            && KeyComparer.Instance.Equals(value, other));

    /// <summary>What is left of a number that is divided by two.</summary>
    private static double Half(Value value, Budget budget)
        => Numbers.Double(Arithmetic.Apply("%", value, new IntegerValue(2), budget))!.Value;
}
