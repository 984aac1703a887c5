namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>
/// Encodes the words of one text, remembering the short ones: a book repeats most of its words. It belongs to one call,
/// so that a tokenizer can be shared by threads.
/// </summary>
internal sealed class WordCache
{
    private const int Capacity = 1 << 16;
    private const int LongestWord = 256;

    private readonly BytePairModel _model;
    private readonly SymbolList _symbols = new();
    private readonly List<int> _word = [];
    private readonly Dictionary<string, int[]> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _knownBySpan;

    public WordCache(BytePairModel model)
    {
        _model = model;
        _knownBySpan = _known.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The tokens of one word, appended to <paramref name="output"/>.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        if (word.Length > LongestWord)
        {
            _model.Encode(word, _symbols, output);
            return;
        }

        if (!_knownBySpan.TryGetValue(word, out int[]? ids))
        {
            _word.Clear();
            _model.Encode(word, _symbols, _word);
            ids = [.. _word];
            if (_known.Count < Capacity)
            {
                _known.Add(word.ToString(), ids);
            }
        }

        output.AddRange(ids);
    }
}
