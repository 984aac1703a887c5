using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>The methods of Python's lists and tuples. Those that change a list are forbidden, as in jinja2's
/// sandbox.</summary>
internal static class SequenceMethods
{
    /// <summary>The method of a sequence; null if it has none of that name.</summary>
    public static Value? Bind(SequenceValue sequence, string name) => name switch
    {
        "count" => new FunctionValue((arguments, rendering) =>
        {
            Value value = arguments.Bind("'count'", 1, "value")[0]!;
            rendering.Budget.List(sequence.Values.Count);
            return new IntegerValue(
                sequence.Values.Count(element => Comparison.AreEqual(element, value, rendering.Budget)));
        }),
        "index" => new FunctionValue((arguments, rendering) =>
        {
            Value value = arguments.Bind("'index'", 1, "value")[0]!;
            rendering.Budget.List(sequence.Values.Count);
            int place = 0;
            while (place < sequence.Values.Count
                && !Comparison.AreEqual(sequence.Values[place], value, rendering.Budget))
            {
                place++;
            }

            return place < sequence.Values.Count
                ? new IntegerValue(place)
                : throw TemplateException.Failed("a value that is looked for with 'index' is not in the list");
        }),
        "copy" when sequence.Kind == SequenceKind.List => new FunctionValue((_, _) => sequence),
        "append" or "clear" or "extend" or "insert" or "pop" or "remove" or "reverse" or "sort" when sequence
            .Kind == SequenceKind.List =>
            new FunctionValue((_, _) => throw TemplateException.Failed(
                $"'{name}' changes a list, which chat templates must not; make a new one with '+'")),
        _ => null,
    };
}
