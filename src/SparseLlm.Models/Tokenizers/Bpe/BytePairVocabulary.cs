namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>The tokens of a byte-pair model and the merges between them.</summary>
/// <param name="tokens">The tokens.</param>
/// <param name="merges">The merges by the <see cref="Pair"/> of their tokens.</param>
internal sealed class BytePairVocabulary(TokenTable tokens, Dictionary<ulong, Merge> merges)
{
    private const ulong Spread = 0x9E3779B97F4A7C15;
    private const ulong Gather = 0xF1DE83E19937733D;

    /// <summary>How many tokens there are.</summary>
    public int Count => tokens.Count;

    /// <summary>Every id that has a token, in no order.</summary>
    public IReadOnlyCollection<int> Ids => tokens.Ids;

    /// <summary>The merges, those of the lowest rank first.</summary>
    public IReadOnlyList<(int Left, int Right, Merge Merge)> Merges =>
        [.. merges.Select(merge => (merge.Key * Gather, merge.Value))
            .OrderBy(merge => merge.Value.Rank)
            .Select(merge => ((int)(merge.Item1 >> 32), (int)(uint)merge.Item1, merge.Value))];

    /// <summary>
    /// The key of a pair of neighbours in the merge table. An odd factor keeps pairs apart and spreads them, as .NET's
    /// hash code of a number does not.
    /// </summary>
    public static ulong Pair(int left, int right) => (((ulong)(uint)left << 32) | (uint)right) * Spread;

    /// <summary>The id of a token.</summary>
    public bool TryGetId(ReadOnlySpan<char> token, out int id) => tokens.TryGetId(token, out id);

    /// <summary>The token of an id.</summary>
    public string? Token(int id) => tokens.Token(id);

    /// <summary>The merge of two neighbours, if they have one.</summary>
    public bool TryGetMerge(int left, int right, out Merge merge) => merges.TryGetValue(Pair(left, right), out merge);
}
