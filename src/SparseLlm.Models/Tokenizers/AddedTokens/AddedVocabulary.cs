using SparseLlm.Models.Tokenizers.Normalizers;

namespace SparseLlm.Models.Tokenizers.AddedTokens;

/// <summary>The added tokens of a tokenizer, and how they are found in a text.</summary>
internal sealed class AddedVocabulary
{
    private readonly INormalizer? _normalizer;
    private readonly Dictionary<int, AddedToken> _byId;
    private readonly Dictionary<string, AddedToken> _byContent;
    private readonly AddedTokenMatcher _rawTokens;
    private readonly AddedTokenMatcher _normalizedTokens;

    public AddedVocabulary(IReadOnlyList<AddedToken> tokens, INormalizer? normalizer)
    {
        _normalizer = normalizer;
        _byId = new Dictionary<int, AddedToken>();
        _byContent = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach (AddedToken token in tokens)
        {
            _byId[token.Id] = token;
            _byContent[token.Content] = token;
        }

        _rawTokens = new(_byId.Values.Where(token => !token.Normalized).Select(token => (token.Content, token)));
        _normalizedTokens = new(_byId.Values.Where(token => token.Normalized).Select(token => (Normalize(token.Content), token)));
    }

    /// <summary>The text of every added token.</summary>
    public IEnumerable<string> Contents => _byContent.Keys;

    /// <summary>The added token of an id.</summary>
    public AddedToken? Find(int id) => _byId.GetValueOrDefault(id);

    /// <summary>The added token of a text.</summary>
    public AddedToken? Find(string content) => _byContent.GetValueOrDefault(content);

    /// <summary>
    /// The normalised text between the added tokens, and the tokens. First those that are looked for in the text as it
    /// is; then what is left between them is normalised, each stretch by itself, and searched for the others.
    /// </summary>
    public IEnumerable<(Piece Text, AddedToken? Token)> Split(string text)
    {
        foreach (AddedTokenMatch raw in _rawTokens.Split(text))
        {
            if (raw.Token is not null)
            {
                yield return (default, raw.Token);
                continue;
            }

            string normalized = Normalize(text.Substring(raw.Start, raw.Length));
            var whole = new Piece(normalized.AsMemory(), IsFirst: raw.Start == 0);
            foreach (AddedTokenMatch match in _normalizedTokens.Split(normalized))
            {
                yield return (whole.Slice(match.Start, match.Length), match.Token);
            }
        }
    }

    private string Normalize(string text) => _normalizer?.Normalize(text) ?? text;
}
