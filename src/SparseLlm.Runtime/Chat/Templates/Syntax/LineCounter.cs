namespace SparseLlm.Runtime.Chat.Templates.Syntax;

/// <summary>Lines and columns of offsets into a text.</summary>
internal sealed class LineCounter
{
    private readonly List<int> starts = [0];

    /// <summary>Counts the lines of a text.</summary>
    public LineCounter(string text)
    {
        for (int i = text.IndexOf('\n', StringComparison.Ordinal); i >= 0; i = text.IndexOf('\n', i + 1))
        {
            starts.Add(i + 1);
        }
    }

    /// <summary>Where an offset is.</summary>
    public TemplatePlace Place(int offset)
    {
        int found = starts.BinarySearch(offset);
        int line = found >= 0 ? found : ~found - 1;
        return new TemplatePlace(line + 1, offset - starts[line] + 1);
    }
}
