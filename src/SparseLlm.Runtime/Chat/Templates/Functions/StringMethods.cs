using System.Collections.Frozen;
using System.Globalization;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>The methods of Python's texts.</summary>
internal static class StringMethods
{
    private static readonly FrozenDictionary<string, Func<string, Arguments, Budget, Value>> Methods
        = new Dictionary<string, Func<string, Arguments, Budget, Value>>
        {
            ["capitalize"] = Text("capitalize", PythonText.Capitalized),
            ["count"] = (text, arguments, _) => new IntegerValue(StringSearch.Count(text, Only("count", arguments))),
            ["endswith"] = (text, arguments, _) => Has(
                "endswith",
                arguments,
                end => text.EndsWith(end, StringComparison.Ordinal)),
            ["find"] = (text, arguments, _)
                => Place(text, text.IndexOf(Only("find", arguments), StringComparison.Ordinal)),
            ["index"] = (text, arguments, _) => Found(
                Place(text, text.IndexOf(Only("index", arguments), StringComparison.Ordinal))),
            ["isalnum"] = All("isalnum", category => IsLetter(category) || IsNumber(category)),
            ["isalpha"] = All("isalpha", IsLetter),
            ["isdecimal"] = All("isdecimal", category => category == UnicodeCategory.DecimalDigitNumber),
            ["isdigit"] = All("isdigit", category => category == UnicodeCategory.DecimalDigitNumber),
            ["islower"] = (text, arguments, _) => NoArguments(
                "islower",
                arguments,
                BooleanValue.Of(StringCase.IsLower(text))),
            ["isnumeric"] = All("isnumeric", IsNumber),
            ["isspace"] = (text, arguments, _) => NoArguments(
                "isspace",
                arguments,
                BooleanValue.Of(text.Length > 0 && PythonText.TrimEnd(text).Length == 0)),
            ["istitle"] = (text, arguments, _) => NoArguments(
                "istitle",
                arguments,
                BooleanValue.Of(StringCase.IsTitle(text))),
            ["isupper"] = (text, arguments, _) => NoArguments(
                "isupper",
                arguments,
                BooleanValue.Of(StringCase.IsUpper(text))),
            ["join"] = Join,
            ["ljust"] = (text, arguments, budget) => Padded(
                "ljust",
                text,
                arguments,
                budget,
                (fill, missing) => text + Repeated(fill, missing)),
            ["lower"] = Text("lower", text => text.ToLowerInvariant()),
            ["lstrip"] = Strip("lstrip", PythonText.TrimStart),
            ["partition"] = (text, arguments, _) => Partition(text, Only("partition", arguments), fromEnd: false),
            ["removeprefix"] = (text, arguments, _) =>
                new StringValue(Only("removeprefix", arguments) is var prefix
                    && text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text),
            ["removesuffix"] = (text, arguments, _) =>
                new StringValue(Only("removesuffix", arguments) is var suffix
                    && text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text),
            ["replace"] = Replace,
            ["rfind"] = (text, arguments, _) => Place(
                text,
                text.LastIndexOf(Only("rfind", arguments), StringComparison.Ordinal)),
            ["rindex"] = (text, arguments, _) => Found(
                Place(text, text.LastIndexOf(Only("rindex", arguments), StringComparison.Ordinal))),
            ["rjust"] = (text, arguments, budget) => Padded(
                "rjust",
                text,
                arguments,
                budget,
                (fill, missing) => Repeated(fill, missing) + text),
            ["rpartition"] = (text, arguments, _) => Partition(text, Only("rpartition", arguments), fromEnd: true),
            ["rsplit"] = (text, arguments, budget)
                => Split("rsplit", text, arguments, budget, StringSearch.SplitFromEnd),
            ["rstrip"] = Strip("rstrip", PythonText.TrimEnd),
            ["split"] = (text, arguments, budget) => Split("split", text, arguments, budget, StringSearch.Split),
            ["splitlines"] = (text, arguments, budget) =>
                Parameters.Texts(
                    PythonText.Lines(text, arguments.Bind("'splitlines'", 0, "keepends")[0]?.IsTrue == true),
                    budget),
            ["startswith"] = (text, arguments, _) => Has(
                "startswith",
                arguments,
                start => text.StartsWith(start, StringComparison.Ordinal)),
            ["strip"] = Strip(
                "strip",
                (text, characters) => PythonText.TrimEnd(PythonText.TrimStart(text, characters), characters)),
            ["swapcase"] = Text("swapcase", StringCase.Swapped),
            ["title"] = Text("title", StringCase.Title),
            ["upper"] = Text("upper", PythonText.Upper),
            ["zfill"] = ZeroFill,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Unsupported = FrozenSet.Create(
        StringComparer.Ordinal, "casefold", "center", "encode", "expandtabs", "format", "format_map", "isascii",
        "isidentifier", "isprintable", "maketrans", "translate");

    /// <summary>The method of a text; null if texts have none of that name.</summary>
    /// <exception cref="TemplateException">They have one in Python, and it is not supported.</exception>
    public static Value? Bind(StringValue text, string name)
    {
        if (Methods.TryGetValue(name, out Func<string, Arguments, Budget, Value>? method))
        {
            return new FunctionValue((arguments, rendering) =>
            {
                rendering.Budget.Text(text.Content.Length);
                return method(text.Content, arguments, rendering.Budget);
            });
        }

        return Unsupported.Contains(name)
            ? throw TemplateException.Unsupported($"the method '{name}' of a text")
            : null;
    }

    private static Func<string, Arguments, Budget, Value> Text(string name, Func<string, string> change) =>
        (text, arguments, _) => NoArguments(name, arguments, new StringValue(change(text)));

    private static Func<string, Arguments, Budget, Value> Strip(string name, Func<string, string?, string> strip) =>
        (text, arguments, _) => new StringValue(
            strip(text, Parameters.OptionalText(arguments.Bind($"'{name}'", 0, "chars")[0], $"'{name}'")));

    private static Func<string, Arguments, Budget, Value> All(
        string name,
        Func<UnicodeCategory, bool> belongs) => (text, arguments, _) => NoArguments(
        name, arguments, BooleanValue.Of(
            text.Length > 0 && text.EnumerateRunes().All(rune => belongs(System.Text.Rune.GetUnicodeCategory(rune)))));

    private static bool IsLetter(UnicodeCategory category) => category <= UnicodeCategory.OtherLetter;

    private static bool IsNumber(UnicodeCategory category)
        => category is >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber;

    private static Value NoArguments(string name, Arguments arguments, Value result)
    {
        arguments.Bind($"'{name}'", 0);
        return result;
    }

    /// <summary>The only argument of a method, a text.</summary>
    private static string Only(string name, Arguments arguments)
        => Parameters.Text(arguments.Bind($"'{name}'", 1, "text")[0]!, $"'{name}'");

    /// <summary>Where a text begins, in characters; -1 where there is none.</summary>
    private static IntegerValue Place(string text, int index) => new(index < 0 ? -1 : PythonText.Length(text[..index]));

    private static IntegerValue Found(IntegerValue place) =>
        place.Number.Sign < 0
            ? throw TemplateException.Failed("a text that is looked for with 'index' is not there")
            : place;

    private static BooleanValue Has(
        string name,
        Arguments arguments,
        Func<string, bool> has) => arguments.Bind($"'{name}'", 1, "text")[0] switch
        {
            SequenceValue { Kind: SequenceKind.Tuple } several => BooleanValue.Of(
                several.Values.Any(value => has(Parameters.Text(value, $"'{name}'")))),
            var one => BooleanValue.Of(has(Parameters.Text(one!, $"'{name}'"))),
        };

    private static StringValue Join(string separator, Arguments arguments, Budget budget)
    {
        string[] texts = [.. Parameters.List(arguments.Bind("'join'", 1, "iterable")[0]!, budget)
            .Select(value => Parameters.Text(value, "'join'"))];
        budget.Text(texts.Sum(text => (long)text.Length + separator.Length));
        return new StringValue(string.Join(separator, texts));
    }

    private static StringValue Replace(string text, Arguments arguments, Budget budget)
    {
        Value?[] bound = arguments.Bind("'replace'", 2, "old", "new", "count");
        return new StringValue(StringSearch.Replaced(
            text, Parameters.Text(bound[0]!, "'replace'"), Parameters.Text(bound[1]!, "'replace'"), Parameters.Count(
                bound[2],
                -1,
                "'replace'"), budget));
    }

    private static SequenceValue Split(
        string name, string text, Arguments arguments, Budget budget, Func<string, string?, int,
        IEnumerable<string>> split)
    {
        Value?[] bound = arguments.Bind($"'{name}'", 0, "sep", "maxsplit");
        string? separator = Parameters.OptionalText(bound[0], $"'{name}'");
        return separator is ""
            ? throw TemplateException.Failed($"'{name}' is given an empty separator")
            : Parameters.Texts(split(text, separator, Parameters.Count(bound[1], -1, $"'{name}'")), budget);
    }

    private static SequenceValue Partition(string text, string separator, bool fromEnd)
    {
        if (separator.Length == 0)
        {
            throw TemplateException.Failed("a text is parted at an empty separator");
        }

        int place = fromEnd
            ? text.LastIndexOf(separator, StringComparison.Ordinal)
            : text.IndexOf(separator, StringComparison.Ordinal);
        string[] parts = place >= 0
            ? [text[..place], separator, text[(place + separator.Length)..]]
            : fromEnd ? ["", "", text] : [text, "", ""];
        return SequenceValue.Tuple([.. parts.Select(part => new StringValue(part))]);
    }

    private static StringValue Padded(
        string name,
        string text,
        Arguments arguments,
        Budget budget,
        Func<string, int, string> pad)
    {
        Value?[] bound = arguments.Bind($"'{name}'", 1, "width", "fillchar");
        int missing = Math.Max(0, Parameters.Count(bound[0], 0, $"'{name}'") - PythonText.Length(text));
        budget.Text((long)text.Length + missing);
        return new StringValue(pad(Parameters.OptionalText(bound[1], $"'{name}'") ?? " ", missing));
    }

    private static StringValue ZeroFill(string text, Arguments arguments, Budget budget)
    {
        int missing = Math.Max(
            0,
            Parameters.Count(arguments.Bind("'zfill'", 1, "width")[0], 0, "'zfill'") - PythonText.Length(text));
        budget.Text((long)text.Length + missing);
        int sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        return new StringValue(text[..sign] + Repeated("0", missing) + text[sign..]);
    }

    private static string Repeated(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
