using System.Collections.Frozen;
using System.Numerics;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>The functions that every template can call.</summary>
internal static class Globals
{
    private static readonly FrozenDictionary<string, Value> Functions = new Dictionary<string, Value>
    {
        ["dict"] = new FunctionValue((arguments, _) => new DictionaryValue(Entries("'dict'", arguments))),
        ["namespace"] = new FunctionValue(Namespace),
        ["raise_exception"] = new FunctionValue((arguments, rendering) =>
            throw new TemplateException(
                ChatDiagnostics.Refused,
                arguments.Bind("'raise_exception'", 1, "message")[0]!.Text(rendering.Budget))),
        ["range"] = new FunctionValue(Range),
        ["strftime_now"] = new FunctionValue((arguments, rendering) =>
            new StringValue(TimeFormat.Of(
                rendering.Now,
                Parameters.Text(arguments.Bind("'strftime_now'", 1, "format")[0]!, "'strftime_now'")))),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Unsupported = FrozenSet.Create(
        StringComparer.Ordinal,
        "cycler",
        "joiner",
        "lipsum");

    /// <summary>The function of a name; null if there is none.</summary>
    /// <exception cref="TemplateException">jinja2 has one, and it is not supported.</exception>
    public static Value? Find(string name) =>
        Unsupported.Contains(name)
            ? throw TemplateException.Unsupported($"the function '{name}'")
            : Functions.GetValueOrDefault(name);

    private static OrderedDictionary<Value, Value> Entries(string function, Arguments arguments)
    {
        OrderedDictionary<Value, Value> entries = DictionaryValue.NewEntries();
        foreach (Value given in arguments.Positional)
        {
            if (given is not DictionaryValue dictionary || arguments.Positional.Count > 1)
            {
                throw TemplateException.Unsupported($"{function} of anything but one dictionary and names with values");
            }

            foreach ((Value key, Value value) in dictionary.Entries)
            {
                entries[key] = value;
            }
        }

        foreach ((string name, Value value) in arguments.Named)
        {
            entries[new StringValue(name)] = value;
        }

        return entries;
    }

    private static NamespaceValue Namespace(Arguments arguments, Rendering rendering)
    {
        var made = new NamespaceValue();
        foreach ((Value key, Value value) in Entries("'namespace'", arguments))
        {
            made.Set(Parameters.Text(key, "'namespace'"), value);
        }

        return made;
    }

    private static SequenceValue Range(Arguments arguments, Rendering rendering)
    {
        BigInteger[] bounds = [.. arguments.Bind("'range'", 1, "start", "stop", "step").OfType<Value>().Select(value =>
            Numbers.Integer(value)
                ?? throw TemplateException.Failed($"'range' needs integers, and is given {value.Article()}"))];
        BigInteger start = bounds.Length > 1 ? bounds[0] : 0;
        BigInteger stop = bounds.Length > 1 ? bounds[1] : bounds[0];
        BigInteger step = bounds.Length > 2 ? bounds[2] : 1;
        if (step.IsZero)
        {
            throw TemplateException.Failed("the step of 'range' is zero");
        }

        BigInteger span = step.Sign < 0 ? start - stop : stop - start;
        BigInteger count = span.Sign <= 0 ? 0 : ((span - 1) / BigInteger.Abs(step)) + 1;
        if (count > Budget.LongestRange)
        {
            throw TemplateException.Endless(
                FormattableString.Invariant($"'range' has more than {Budget.LongestRange} elements"));
        }

        rendering.Budget.List((int)count);
        return new SequenceValue(
            SequenceKind.Range,
            [.. Enumerable.Range(0, (int)count).Select(i => new IntegerValue(start + (i * step)))]);
    }
}
