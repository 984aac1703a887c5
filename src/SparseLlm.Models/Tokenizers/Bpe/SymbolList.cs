namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>
/// A word as a doubly linked list of tokens in flat arrays, merged pair by pair until no merge applies. A heap holds
/// the candidates, so that a whole book as one word costs O(n log n).
/// </summary>
internal sealed class SymbolList
{
    private const int Removed = -1;
    private const int None = -1;

    private readonly PriorityQueue<int, ulong> candidates = new();
    private int[] ids = new int[64];
    private int[] previous = new int[64];
    private int[] next = new int[64];
    private int count;

    /// <summary>Forgets the word, keeping the memory.</summary>
    public void Clear() => count = 0;

    /// <summary>Appends a token.</summary>
    public void Add(int id)
    {
        if (count == ids.Length)
        {
            Array.Resize(ref ids, 2 * count);
            Array.Resize(ref previous, 2 * count);
            Array.Resize(ref next, 2 * count);
        }

        ids[count] = id;
        previous[count] = count - 1;
        next[count] = None;
        if (count > 0)
        {
            next[count - 1] = count;
        }

        count++;
    }

    /// <summary>Applies the merges, lowest rank first and among equals the leftmost.</summary>
    public void Merge(BytePairVocabulary vocabulary)
    {
        for (int i = 0; i + 1 < count; i++)
        {
            Enqueue(vocabulary, i, i + 1);
        }

        while (candidates.TryDequeue(out int merged, out ulong priority))
        {
            int left = (int)(priority & uint.MaxValue);
            int right = next[left];
            // A candidate is stale when either half has been merged away or has become another token since.
            if (ids[left] == Removed || right == None ||
                !vocabulary.TryGetMerge(ids[left], ids[right], out Merge merge) || merge.Id != merged)
            {
                continue;
            }

            ids[left] = merged;
            ids[right] = Removed;
            next[left] = next[right];
            if (next[left] != None)
            {
                previous[next[left]] = left;
                Enqueue(vocabulary, left, next[left]);
            }

            if (previous[left] != None)
            {
                Enqueue(vocabulary, previous[left], left);
            }
        }
    }

    /// <summary>Appends the tokens that are left to <paramref name="output"/>.</summary>
    public void CopyTo(List<int> output)
    {
        for (int i = count == 0 ? None : 0; i != None; i = next[i])
        {
            output.Add(ids[i]);
        }
    }

    private void Enqueue(BytePairVocabulary vocabulary, int left, int right)
    {
        if (vocabulary.TryGetMerge(ids[left], ids[right], out Merge merge))
        {
            candidates.Enqueue(merge.Id, ((ulong)(uint)merge.Rank << 32) | (uint)left);
        }
    }
}
