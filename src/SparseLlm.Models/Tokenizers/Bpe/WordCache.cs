namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>
/// Encodes the words of one text, remembering the short ones: a book repeats most of its words. It belongs to one call,
/// so that a tokenizer can be shared by threads.
/// </summary>
internal sealed class WordCache
{
    private const int Capacity = 1 << 16;
    private const int LongestWord = 256;

    private readonly BytePairModel model;
    private readonly SymbolList symbols = new();
    private readonly List<int> word = [];
    private readonly Dictionary<string, int[]> known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> knownBySpan;

    public WordCache(BytePairModel model)
    {
        this.model = model;
        knownBySpan = known.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The tokens of one word, appended to <paramref name="output"/>.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> output)
    {
        if (word.Length > LongestWord)
        {
            this.model.Encode(word, symbols, output);
            return;
        }

        if (!knownBySpan.TryGetValue(word, out int[]? ids))
        {
            this.word.Clear();
            this.model.Encode(word, symbols, this.word);
            ids = [.. this.word];
            if (known.Count < Capacity)
            {
                known.Add(word.ToString(), ids);
            }
        }

        output.AddRange(ids);
    }
}
