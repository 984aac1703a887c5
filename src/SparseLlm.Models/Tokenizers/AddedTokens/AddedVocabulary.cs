using SparseLlm.Models.Tokenizers.Bpe;
using SparseLlm.Models.Tokenizers.Normalizers;

namespace SparseLlm.Models.Tokenizers.AddedTokens;

/// <summary>The added tokens of a tokenizer, and how they are found in a text.</summary>
internal sealed class AddedVocabulary
{
    private readonly Dictionary<int, AddedToken> byId;
    private readonly Dictionary<string, AddedToken> byContent;
    private readonly AddedTokenMatcher rawTokens;
    private readonly AddedTokenMatcher normalizedTokens;

    /// <summary>
    /// Gives the tokens their ids. As in the original these are not the file's: a token that the model has keeps the
    /// model's id, and the others are numbered on from the size of its vocabulary.
    /// </summary>
    public AddedVocabulary(IEnumerable<AddedToken> tokens, INormalizer? normalizer, BytePairVocabulary model)
    {
        Normalizer = normalizer;
        byId = new Dictionary<int, AddedToken>();
        byContent = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        int next = model.Count;
        foreach (AddedToken token in tokens.Where(token => token.Content.Length > 0))
        {
            int? known = Find(token.Content)?.Id ?? (model.TryGetId(token.Content, out int modelId) ? modelId : null);
            AddedToken numbered = token with { Id = known ?? next++ };
            byId[numbered.Id] = numbered;
            byContent[numbered.Content] = numbered;
        }

        ILookup<bool, AddedToken> tokensByNormalized = byId.Values.ToLookup(token => token.Normalized);
        var allowance = new Allowance(tokensByNormalized[true].Sum(token => (long)token.Content.Length));
        rawTokens = new(tokensByNormalized[false].Select(token => (token.Content, token)));
        normalizedTokens = new(tokensByNormalized[true].Select(token => (Normalize(token.Content, allowance), token)));
    }

    /// <summary>What rewrites the text between the tokens; null if nothing does.</summary>
    public INormalizer? Normalizer { get; }

    /// <summary>The tokens, with the ids that they have.</summary>
    public IReadOnlyCollection<AddedToken> Tokens => byId.Values;

    /// <summary>The text of every added token.</summary>
    public IReadOnlyCollection<string> Contents => byContent.Keys;

    /// <summary>Whether what rewrites text makes something else of a token's.</summary>
    public bool IsRewritten(AddedToken token)
        => Normalize(token.Content, new Allowance(token.Content.Length)) != token.Content;

    /// <summary>The added token of an id.</summary>
    public AddedToken? Find(int id) => byId.GetValueOrDefault(id);

    /// <summary>The added token of a text.</summary>
    public AddedToken? Find(string content) => byContent.GetValueOrDefault(content);

    /// <summary>
    /// The normalised text between the added tokens, and the tokens. First those that are looked for in the text as it
    /// is; then what is left between them is normalised, each stretch by itself, and searched for the others.
    /// </summary>
    public IEnumerable<(Piece Text, AddedToken? Token)> Split(string text, Allowance allowance)
    {
        foreach (AddedTokenMatch raw in rawTokens.Split(text))
        {
            if (raw.Token is not null)
            {
                yield return (default, raw.Token);
                continue;
            }

            string normalized = Normalize(text.Substring(raw.Start, raw.Length), allowance);
            var whole = new Piece(normalized.AsMemory(), IsFirst: raw.Start == 0);
            foreach (AddedTokenMatch match in normalizedTokens.Split(normalized))
            {
                yield return (match.Token is null ? whole.Slice(match.Start, match.Length) : default, match.Token);
            }
        }
    }

    private string Normalize(string text, Allowance allowance) => Normalizer?.Normalize(text, allowance) ?? text;
}
