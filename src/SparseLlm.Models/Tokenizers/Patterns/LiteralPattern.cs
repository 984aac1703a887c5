namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Matches a string, character by character.</summary>
/// <param name="literal">The string; not empty.</param>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    /// <inheritdoc/>
    public override string Replace(string text, string content) => text.Replace(literal, content, StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override void FindMatches(ReadOnlySpan<char> text, List<Segment> segments)
    {
        for (int start = 0, offset; (offset = text[start..].IndexOf(literal, StringComparison.Ordinal)) >= 0; start += literal.Length)
        {
            start += offset;
            AddMatch(segments, start, literal.Length);
        }
    }
}
