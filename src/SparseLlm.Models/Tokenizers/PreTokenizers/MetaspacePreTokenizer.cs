using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Writes spaces as another character, as SentencePiece does, and cuts before each.</summary>
/// <param name="replacement">The character, usually U+2581.</param>
/// <param name="prepends">Which pieces get one if they do not begin with it.</param>
/// <param name="splits">Whether to cut at all.</param>
/// <param name="place">Where all this was read.</param>
internal sealed class MetaspacePreTokenizer(
    string replacement,
    PrependScheme prepends,
    bool splits,
    TokenizerPlace place) : IPreTokenizer
{
    private readonly SplitPreTokenizer splitter =
        new(new LiteralPattern(replacement, place), SplitBehavior.MergedWithNext, isInverted: false);

    /// <inheritdoc/>
    public string Description
        => $"Metaspace '{replacement}', {prepends.ToString().ToLowerInvariant()}{(splits ? ", cut" : "")}";

    /// <inheritdoc/>
    public IEnumerable<Piece> Split(Piece piece, Allowance allowance)
    {
        string text = piece.Text.ToString().Replace(" ", replacement, StringComparison.Ordinal);
        bool isPrepended = prepends == PrependScheme.Always || (prepends == PrependScheme.First && piece.IsFirst);
        Piece replaced = piece.With(
            isPrepended && !text.StartsWith(replacement, StringComparison.Ordinal) ? replacement + text : text);
        return splits ? splitter.Split(replaced, allowance) : [replaced];
    }
}
