namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>The tokens of a byte-pair model and the merges between them.</summary>
internal sealed class BytePairVocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;
    private readonly Dictionary<int, string> _tokens;
    private readonly Dictionary<ulong, Merge> _merges;

    public BytePairVocabulary(Dictionary<string, int> ids, Dictionary<ulong, Merge> merges)
    {
        _ids = ids;
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokens = new Dictionary<int, string>(ids.Count);
        foreach ((string token, int id) in ids)
        {
            _tokens[id] = token;
        }

        _merges = merges;
    }

    /// <summary>How many tokens there are.</summary>
    public int Count => _ids.Count;

    /// <summary>The tokens.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>The key of a pair of neighbours in the merge table.</summary>
    public static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    /// <summary>The id of a token.</summary>
    public bool TryGetId(ReadOnlySpan<char> token, out int id) => _idsBySpan.TryGetValue(token, out id);

    /// <summary>The token of an id.</summary>
    public string? Token(int id) => _tokens.GetValueOrDefault(id);

    /// <summary>The merge of two neighbours, if they have one.</summary>
    public bool TryGetMerge(int left, int right, out Merge merge) => _merges.TryGetValue(Pair(left, right), out merge);
}
