using System.Text.RegularExpressions;

namespace SparseLlm.Pipeline.Engines.Installing;

/// <summary>The errors among the lines that the SDK prints.</summary>
internal sealed partial class PublishErrors
{
    private readonly List<string> errors = [];

    /// <summary>The errors in their order, each in one line: its code and what is wrong, without the file.</summary>
    public IReadOnlyList<string> All => errors;

    /// <summary>Takes a line that is an error, or goes on with one: what NuGet has found in each source, such as the
    /// nearest version, is on lines of its own.</summary>
    /// <returns>Whether it is one.</returns>
    public bool TryAdd(string line)
    {
        if (Error().Match(line) is not { Success: true } match)
        {
            return false;
        }

        string code = match.Groups["code"].Value, text = match.Groups["text"].Value.Trim(' ', '.');
        if (text is ['-', ' ', .. var more] && errors is [.., var last]
            && last.StartsWith(code, StringComparison.Ordinal))
        {
            errors[^1] = $"{last}; {more}";
        }
        else
        {
            errors.Add(code.Length > 0 ? $"{code}: {text}" : text);
        }

        return true;
    }

    [GeneratedRegex(
        @"(^|: )error ?(?<code>[A-Z]+[0-9]+)? ?: (?<text>.*?)( \[[^\[\]]*proj\])?$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Error();
}
