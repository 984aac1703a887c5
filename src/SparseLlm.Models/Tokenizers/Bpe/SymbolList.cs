namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>
/// A word as a doubly linked list of tokens in flat arrays, merged pair by pair until no merge applies. A heap holds
/// the candidates, so that a whole book as one word costs O(n log n).
/// </summary>
internal sealed class SymbolList
{
    private const int Removed = -1;
    private const int None = -1;

    private readonly PriorityQueue<int, ulong> _candidates = new();
    private int[] _ids = new int[64];
    private int[] _previous = new int[64];
    private int[] _next = new int[64];
    private int _count;

    /// <summary>Forgets the word, keeping the memory.</summary>
    public void Clear() => _count = 0;

    /// <summary>Appends a token.</summary>
    public void Add(int id)
    {
        if (_count == _ids.Length)
        {
            Array.Resize(ref _ids, 2 * _count);
            Array.Resize(ref _previous, 2 * _count);
            Array.Resize(ref _next, 2 * _count);
        }

        _ids[_count] = id;
        _previous[_count] = _count - 1;
        _next[_count] = None;
        if (_count > 0)
        {
            _next[_count - 1] = _count;
        }

        _count++;
    }

    /// <summary>Applies the merges, lowest rank first and among equals the leftmost.</summary>
    public void Merge(BytePairVocabulary vocabulary)
    {
        for (int i = 0; i + 1 < _count; i++)
        {
            Enqueue(vocabulary, i, i + 1);
        }

        while (_candidates.TryDequeue(out int merged, out ulong priority))
        {
            int left = (int)(priority & uint.MaxValue);
            int right = _next[left];
            // A candidate is stale when either half has been merged away or has become another token since.
            if (_ids[left] == Removed || right == None ||
                !vocabulary.TryGetMerge(_ids[left], _ids[right], out Merge merge) || merge.Id != merged)
            {
                continue;
            }

            _ids[left] = merged;
            _ids[right] = Removed;
            _next[left] = _next[right];
            if (_next[left] != None)
            {
                _previous[_next[left]] = left;
                Enqueue(vocabulary, left, _next[left]);
            }

            if (_previous[left] != None)
            {
                Enqueue(vocabulary, _previous[left], left);
            }
        }
    }

    /// <summary>Appends the tokens that are left to <paramref name="output"/>.</summary>
    public void CopyTo(List<int> output)
    {
        for (int i = _count == 0 ? None : 0; i != None; i = _next[i])
        {
            output.Add(_ids[i]);
        }
    }

    private void Enqueue(BytePairVocabulary vocabulary, int left, int right)
    {
        if (vocabulary.TryGetMerge(_ids[left], _ids[right], out Merge merge))
        {
            _candidates.Enqueue(merge.Id, ((ulong)(uint)merge.Rank << 32) | (uint)left);
        }
    }
}
