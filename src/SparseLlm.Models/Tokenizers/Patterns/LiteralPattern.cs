namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Matches a string, character by character.</summary>
/// <param name="literal">The string; not empty.</param>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    /// <inheritdoc/>
    public override string Replace(string text, string content) =>
        text.Replace(literal, content, StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override void FindMatches(ReadOnlySpan<char> text, List<Segment> segments)
    {
        int start = 0;
        while (text[start..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and int offset)
        {
            AddMatch(segments, start + offset, literal.Length);
            start += offset + literal.Length;
        }
    }
}
