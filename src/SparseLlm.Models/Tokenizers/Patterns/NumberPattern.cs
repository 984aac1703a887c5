using System.Buffers;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Matches every character that is a number (Unicode categories Nd, Nl, No), one at a time.</summary>
/// <param name="place">Where it was read.</param>
internal sealed class NumberPattern(TokenizerPlace place) : TextPattern(place)
{
    /// <inheritdoc/>
    public override string ToString() => @"/\p{N}/";

    /// <inheritdoc/>
    protected override IEnumerable<(int Start, int Length)> Matches(ReadOnlyMemory<char> text, Allowance allowance)
    {
        for (int start = 0, length; start < text.Length; start += length)
        {
            if (Rune.DecodeFromUtf16(text.Span[start..], out Rune character, out length) == OperationStatus.Done &&
                Rune.IsNumber(character))
            {
                yield return (start, length);
            }
        }
    }
}
