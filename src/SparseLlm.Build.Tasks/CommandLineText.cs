using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace SparseLlm.Build.Tasks;

/// <summary>
/// Arguments as one text, which Windows, and .NET on other systems, takes apart into the same arguments. MSBuild's own
/// builder refuses quotes, and lets a backslash at the end escape the quote behind it.
/// </summary>
internal static class CommandLineText
{
    private static readonly char[] Separators = [' ', '\t', '\n', '\v', '"'];

    /// <summary>Joins arguments.</summary>
    public static string Of(IEnumerable<string> arguments) => string.Join(" ", arguments.Select(Quote));

    private static string Quote(string argument)
    {
        if (argument.Length > 0 && argument.IndexOfAny(Separators) < 0)
        {
            return argument;
        }

        var text = new StringBuilder("\"");
        int backslashes = 0;
        foreach (char unit in argument)
        {
            // Backslashes are escapes only in front of a quote: then each is written twice, and the quote is escaped by
            // one more.
            if (unit == '"')
            {
                text.Append('\\', backslashes + 1);
            }

            backslashes = unit == '\\' ? backslashes + 1 : 0;
            text.Append(unit);
        }

        return text.Append('\\', backslashes).Append('"').ToString();
    }
}
