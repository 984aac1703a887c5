using System.Text;
using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Cuts as GPT-2 does, and writes every byte of UTF-8 as one character (<see cref="ByteAlphabet"/>).</summary>
/// <param name="addsPrefixSpace">Whether text that does not begin with a space gets one.</param>
/// <param name="splits">Whether to cut at all; else another pre-tokenizer has done so.</param>
internal sealed class ByteLevelPreTokenizer(bool addsPrefixSpace, bool splits) : IPreTokenizer
{
    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece)
    {
        Piece spaced = addsPrefixSpace && !piece.Text.Span.StartsWith(' ') ? piece.With($" {piece.Text.Span}") : piece;
        Piece encoded = spaced.With(ByteAlphabet.Encode(spaced.Text.Span));
        return splits ? Words(spaced, encoded) : [encoded];
    }

    private static IEnumerable<Piece> Words(Piece spaced, Piece encoded)
    {
        int start = 0;
        foreach (Segment segment in PatternReader.ByteLevel.Segments(spaced.Text.Span))
        {
            int length = Encoding.UTF8.GetByteCount(spaced.Text.Span.Slice(segment.Start, segment.Length));
            yield return encoded.Slice(start, length);
            start += length;
        }
    }
}
