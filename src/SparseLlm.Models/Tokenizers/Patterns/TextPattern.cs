using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Something to look for in a text.</summary>
internal abstract class TextPattern
{
    /// <summary>The matches and what lies between them, in order; together they are the whole text.</summary>
    public List<Segment> Segments(ReadOnlySpan<char> text)
    {
        var segments = new List<Segment>();
        FindMatches(text, segments);
        int end = segments.Count == 0 ? 0 : segments[^1].End;
        if (end < text.Length)
        {
            segments.Add(new Segment(end, text.Length - end, false));
        }

        return segments;
    }

    /// <summary>The text with every match replaced by <paramref name="content"/>, taken literally.</summary>
    public virtual string Replace(string text, string content)
    {
        var replaced = new StringBuilder(text.Length);
        foreach (Segment segment in Segments(text))
        {
            replaced.Append(segment.IsMatch ? content : text.AsSpan(segment.Start, segment.Length));
        }

        return replaced.ToString();
    }

    /// <summary>Appends every match, each with the gap before it if there is one.</summary>
    protected abstract void FindMatches(ReadOnlySpan<char> text, List<Segment> segments);

    /// <summary>Appends a match, with the gap before it if there is one.</summary>
    protected static void AddMatch(List<Segment> segments, int start, int length)
    {
        int end = segments.Count == 0 ? 0 : segments[^1].End;
        if (end < start)
        {
            segments.Add(new Segment(end, start - end, false));
        }

        segments.Add(new Segment(start, length, true));
    }
}
