using System.Text;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Filters for texts. What is none is written first.</summary>
internal static class TextFilters
{
    /// <summary><c>capitalize</c></summary>
    public static Value Capitalize(Value value, Arguments arguments, Rendering rendering)
        => Changed("'capitalize'", value, arguments, rendering, PythonText.Capitalized);

    /// <summary><c>lower</c></summary>
    public static Value Lower(Value value, Arguments arguments, Rendering rendering)
        => Changed("'lower'", value, arguments, rendering, text => text.ToLowerInvariant());

    /// <summary><c>upper</c></summary>
    public static Value Upper(Value value, Arguments arguments, Rendering rendering)
        => Changed("'upper'", value, arguments, rendering, PythonText.Upper);

    /// <summary><c>title</c>: unlike the method of that name, apostrophes do not begin a word.</summary>
    public static Value Title(Value value, Arguments arguments, Rendering rendering)
        => Changed("'title'", value, arguments, rendering, Titled);

    /// <summary><c>trim</c></summary>
    public static Value Trim(Value value, Arguments arguments, Rendering rendering)
    {
        string? characters = Parameters.OptionalText(arguments.Bind("'trim'", 0, "chars")[0], "'trim'");
        return new StringValue(
            PythonText.TrimEnd(PythonText.TrimStart(Text(value, rendering), characters), characters));
    }

    /// <summary><c>replace</c></summary>
    public static Value Replace(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'replace'", 2, "old", "new", "count");
        return new StringValue(StringSearch.Replaced(
            Text(value, rendering), Text(bound[0]!, rendering), Text(bound[1]!, rendering), Parameters.Count(
                bound[2],
                -1,
                "'replace'"), rendering.Budget));
    }

    /// <summary><c>indent</c></summary>
    public static Value Indent(Value value, Arguments arguments, Rendering rendering)
    {
        Value?[] bound = arguments.Bind("'indent'", 0, "width", "first", "blank");
        string indentation = bound[0] is StringValue given
            ? given.Content
            : new string(' ', Width(bound[0], rendering.Budget));
        List<string> lines = PythonText.Lines(Parameters.Text(value, "'indent'") + "\n");
        var text = new StringBuilder(bound[1]?.IsTrue == true ? indentation : "");
        for (int i = 0; i < lines.Count; i++)
        {
            bool isIndented = i > 0 && (lines[i].Length > 0 || bound[2]?.IsTrue == true);
            rendering.Budget.Append(text, i > 0 ? "\n" : "");
            rendering.Budget.Append(text, isIndented ? indentation : "");
            rendering.Budget.Append(text, lines[i]);
        }

        return new StringValue(text.ToString());
    }

    /// <summary><c>wordcount</c></summary>
    public static Value CountWords(Value value, Arguments arguments, Rendering rendering)
    {
        arguments.Bind("'wordcount'", 0);
        int count = 0;
        bool isInside = false;
        foreach (Rune rune in Text(value, rendering).EnumerateRunes())
        {
            bool belongs = Rune.IsLetterOrDigit(rune) || rune.Value == '_';
            count += belongs && !isInside ? 1 : 0;
            isInside = belongs;
        }

        return new IntegerValue(count);
    }

    private static int Width(Value? value, Budget budget)
    {
        int width = Math.Max(0, Parameters.Count(value, 4, "'indent'"));
        budget.Text(width);
        return width;
    }

    private static string Titled(string text)
    {
        var titled = new StringBuilder(text.Length);
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || PythonText.IsSpace(text[i]) || text[i] is '-' or '(' or '{' or '[' or '<')
            {
                titled.Append(PythonText.Capitalized(text[start..i])).Append(text, i, i == text.Length ? 0 : 1);
                start = i + 1;
            }
        }

        return titled.ToString();
    }

    private static StringValue Changed(
        string name,
        Value value,
        Arguments arguments,
        Rendering rendering,
        Func<string, string> change)
    {
        arguments.Bind(name, 0);
        return new StringValue(change(Text(value, rendering)));
    }

    private static string Text(Value value, Rendering rendering)
    {
        string text = value.Text(rendering.Budget);
        rendering.Budget.Text(text.Length);
        return text;
    }
}
