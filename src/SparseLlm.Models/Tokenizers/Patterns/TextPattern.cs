using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Something to look for in a text.</summary>
/// <param name="place">Where the pattern was read.</param>
internal abstract class TextPattern(TokenizerPlace place)
{
    /// <summary>Where the pattern was read.</summary>
    protected TokenizerPlace Place => place;

    /// <summary>The pattern as the tokenizer writes it.</summary>
    public abstract override string ToString();

    /// <summary>The matches and what lies between them, in order; together they are the whole text.</summary>
    public IEnumerable<Segment> Segments(ReadOnlyMemory<char> text, Allowance allowance)
    {
        int end = 0;
        foreach ((int start, int length) in Matches(text, allowance))
        {
            if (end < start)
            {
                yield return new Segment(end, start - end, false);
            }

            yield return new Segment(start, length, true);
            end = start + length;
        }

        if (end < text.Length)
        {
            yield return new Segment(end, text.Length - end, false);
        }
    }

    /// <summary>The text with every match replaced by <paramref name="content"/>, taken literally.</summary>
    public string Replace(string text, string content, Allowance allowance)
    {
        StringBuilder? replaced = null;
        int end = 0;
        foreach ((int start, int length) in Matches(text.AsMemory(), allowance))
        {
            allowance.Grow(content.Length - length, Place);
            replaced ??= new StringBuilder(text.Length);
            replaced.Append(text.AsSpan(end, start - end)).Append(content);
            end = start + length;
        }

        return replaced?.Append(text.AsSpan(end)).ToString() ?? text;
    }

    /// <summary>Every match, in order; none overlaps another.</summary>
    protected abstract IEnumerable<(int Start, int Length)> Matches(ReadOnlyMemory<char> text, Allowance allowance);
}
