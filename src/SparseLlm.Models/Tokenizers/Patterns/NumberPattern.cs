using System.Buffers;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Patterns;

/// <summary>Matches every character that is a number (Unicode categories Nd, Nl, No), one at a time.</summary>
internal sealed class NumberPattern : TextPattern
{
    /// <inheritdoc/>
    protected override void FindMatches(ReadOnlySpan<char> text, List<Segment> segments)
    {
        for (int start = 0, length; start < text.Length; start += length)
        {
            if (Rune.DecodeFromUtf16(text[start..], out Rune character, out length) == OperationStatus.Done &&
                Rune.IsNumber(character))
            {
                AddMatch(segments, start, length);
            }
        }
    }
}
