using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Build.Utilities;

namespace SparseLlm.Build.Tasks;

/// <summary>
/// An error or a warning of the tool, read from a line in MSBuild's canonical format. MSBuild would read more lines so:
/// rows of tables, notes, whatever a library prints. Only codes of the tool count here.
/// </summary>
internal sealed class ToolMessage
{
    private static readonly Regex Form = new(
        @"^(?<file>\S.*?)(\((?<line>\d{1,9})(,(?<column>\d{1,9})(,(?<endLine>\d{1,9}),(?<endColumn>\d{1,9}))?)?\))?: (?<severity>error|warning) (?<code>SLM\d{4}): (?<text>.*)$",
        RegexOptions.CultureInvariant);

    private readonly Match parts;

    private ToolMessage(Match parts) => this.parts = parts;

    /// <summary>Whether it is an error.</summary>
    public bool IsError => parts.Groups["severity"].Value == "error";

    /// <summary>Reads a line; null where it is not such a message.</summary>
    public static ToolMessage? Read(string line)
        => Form.Match(line) is { Success: true } parts ? new ToolMessage(parts) : null;

    /// <summary>Logs it as what it is.</summary>
    /// <param name="log">The log.</param>
    /// <param name="pages">The address of the folder of the pages that explain codes, with a slash at its end.</param>
    public void LogTo(TaskLoggingHelper log, string pages)
    {
        string help = pages + Text("code") + ".md";

        // Not the file's name, which may have in it whatever looks like an option.
        string text = PropertyNames.In(Text("text"));
        if (IsError)
        {
            log.LogError(
                null,
                Text("code"),
                null,
                help,
                Text("file"),
                Number("line"),
                Number("column"),
                Number("endLine"),
                Number("endColumn"),
                text);
        }
        else
        {
            log.LogWarning(
                null,
                Text("code"),
                null,
                help,
                Text("file"),
                Number("line"),
                Number("column"),
                Number("endLine"),
                Number("endColumn"),
                text);
        }
    }

    private string Text(string part) => parts.Groups[part].Value;

    private int Number(string part)
        => parts.Groups[part] is { Success: true } group ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;
}
