using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Cuts as GPT-2 does, and writes every byte of UTF-8 as one character (<see cref="ByteAlphabet"/>).</summary>
/// <param name="addsPrefixSpace">Whether text that does not begin with a space gets one.</param>
/// <param name="pattern">Where to cut; null where another pre-tokenizer has done so.</param>
internal sealed class ByteLevelPreTokenizer(bool addsPrefixSpace, TextPattern? pattern) : IPreTokenizer
{
    /// <inheritdoc/>
    public bool WritesBytes => true;

    /// <inheritdoc/>
    public string Description
        => (addsPrefixSpace ? "' ' goes first; " : "") + (pattern is null ? "" : $"cut {pattern}; ") + "bytes";

    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece, Allowance allowance)
    {
        Piece spaced = addsPrefixSpace && !piece.Text.Span.StartsWith(' ') ? piece.With($" {piece.Text.Span}") : piece;
        return pattern is null
            ? [Encode(spaced)]
            : pattern.Segments(spaced.Text, allowance)
                .Select(segment => Encode(spaced.Slice(segment.Start, segment.Length)));
    }

    private static Piece Encode(Piece piece) => piece.With(ByteAlphabet.Encode(piece.Text.Span));
}
