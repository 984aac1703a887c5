using SparseLlm.Diagnostics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SparseLlm.Recipes.Yaml;

/// <summary>The text of a YAML file: turns the parser's marks into locations.</summary>
/// <param name="file">The path as the user knows it.</param>
/// <param name="text">The file's content.</param>
internal sealed class YamlSource(string file, string text)
{
    private readonly Lazy<string[]> lines = new(() => text.Split('\n'));

    /// <summary>The content.</summary>
    public string Text => text;

    /// <summary>The place between two marks.</summary>
    public SourceLocation Between(Mark start, Mark end) =>
        new(file, (int)start.Line, (int)start.Column, (int)end.Line, (int)end.Column);

    /// <summary>The beginning of the file.</summary>
    public SourceLocation Beginning => new(file, 1, 1, 1, 1);

    /// <summary>The place of a scalar, without the line breaks that the parser counts to a block scalar.</summary>
    public SourceLocation Of(Scalar scalar)
    {
        if (scalar.Style is not (ScalarStyle.Literal or ScalarStyle.Folded))
        {
            return Between(scalar.Start, scalar.End);
        }

        int start = Math.Min((int)scalar.Start.Index, text.Length);
        string written = text[start..Math.Clamp((int)scalar.End.Index, start, text.Length)].TrimEnd();
        int lines = written.Count(character => character == '\n');
        int lastBreak = written.LastIndexOf('\n');
        int endColumn = lines == 0 ? (int)scalar.Start.Column + written.Length : written.Length - lastBreak;
        return new SourceLocation(
            file,
            (int)scalar.Start.Line,
            (int)scalar.Start.Column,
            (int)scalar.Start.Line + lines,
            endColumn);
    }

    /// <summary>The place from the start of one location to the end of another.</summary>
    public SourceLocation Between(SourceLocation start, SourceLocation end) =>
        start with { EndLine = end.EndLine, EndColumn = end.EndColumn };

    /// <summary>The first tab in the indentation of the given lines (counted from 1, both included), or null.</summary>
    public SourceLocation? IndentingTab(long firstLine, long lastLine)
    {
        for (int line = (int)firstLine; line <= Math.Min(lastLine, lines.Value.Length); line++)
        {
            string content = lines.Value[line - 1];
            int tab = content.IndexOf('\t', StringComparison.Ordinal);
            if (tab >= 0 && content.AsSpan(0, tab).Trim(' ').IsEmpty && !string.IsNullOrWhiteSpace(content))
            {
                return new SourceLocation(file, line, tab + 1, line, tab + 2);
            }
        }

        return null;
    }

    /// <summary>A line, counted from 1.</summary>
    public string Line(long number) => lines.Value.ElementAtOrDefault((int)number - 1) ?? "";
}
