namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Matches a string, character by character.</summary>
/// <param name="literal">The string; not empty.</param>
/// <param name="place">Where it was read.</param>
internal sealed class LiteralPattern(string literal, TokenizerPlace place) : TextPattern(place)
{
    /// <inheritdoc/>
    public override string ToString() => $"'{literal}'";

    /// <inheritdoc/>
    protected override IEnumerable<(int Start, int Length)> Matches(ReadOnlyMemory<char> text, Allowance allowance)
    {
        int start = 0;
        while (text.Span[start..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and int offset)
        {
            yield return (start + offset, literal.Length);
            start += offset + literal.Length;
        }
    }
}
