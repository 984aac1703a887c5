namespace SparseLlm.Numerics.TorchSharp.Transformer;

/// <summary>
/// The layout of attention: every pair of a sequence and a key-value head is one product of a batch, in which the query heads that share the
/// key-value head are rows one after the other.
/// </summary>
/// <param name="keyValueHeads">Number of key-value heads.</param>
/// <param name="sharing">Query heads per key-value head.</param>
/// <param name="width">Channels of a head.</param>
/// <param name="sequenceLength">Tokens of a sequence.</param>
/// <param name="window">A token sees itself and the window - 1 tokens before it.</param>
internal sealed class AttentionHeads(int keyValueHeads, int sharing, int width, int sequenceLength, int window)
{
    /// <summary>Queries that are worked on at a time: their probabilities are the only large matrix.</summary>
    private const int QueryBlock = 128;

    private readonly double scale = 1 / Math.Sqrt(width);

    /// <summary>What scores are multiplied by.</summary>
    public double Scale => scale;

    /// <summary>Whether every token sees all tokens before it.</summary>
    public bool SeesAll => window >= sequenceLength;

    /// <summary>Elements of the probabilities of a sequence's queries in one block.</summary>
    public long BlockElements => (long)keyValueHeads * sharing * Math.Min(QueryBlock, sequenceLength) * sequenceLength;

    /// <summary>The blocks of queries of a sequence, each with the first key that it sees.</summary>
    public IEnumerable<(long First, long Count, long FirstKey)> Blocks()
    {
        for (long first = 0; first < sequenceLength; first += QueryBlock)
        {
            yield return (first, Math.Min(QueryBlock, sequenceLength - first), Math.Max(0, first - (window - 1L)));
        }
    }

    /// <summary>Keys or values of some sequences: [sequences * keyValueHeads x sequenceLength x width].</summary>
    /// <param name="x">[tokens x keyValueHeads * width].</param>
    public Tensor Shared(Tensor x) => SharedView(x).reshape(-1, sequenceLength, width);

    /// <summary>The inverse of <see cref="Shared"/>.</summary>
    /// <param name="heads">[sequences * keyValueHeads x sequenceLength x width].</param>
    /// <param name="destination">[tokens x keyValueHeads * width].</param>
    public void StoreShared(Tensor heads, Tensor destination) =>
        SharedView(destination).copy_(heads.view(-1, keyValueHeads, sequenceLength, width));

    /// <summary>Queries, or the keys or values that each query head sees: [sequences x heads x sequenceLength x width].</summary>
    /// <param name="x">[tokens x heads * width] or [tokens x keyValueHeads * width].</param>
    public Tensor Heads(Tensor x)
    {
        Tensor all = x.view(-1, sequenceLength, x.shape[1] / width, width).transpose(1, 2);
        return all.shape[1] == keyValueHeads && sharing > 1 ? all.repeat_interleave(sharing, 1) : all;
    }

    /// <summary>The inverse of <see cref="Heads"/> for queries.</summary>
    public void StoreHeads(Tensor all, Tensor destination) =>
        destination.view(-1, sequenceLength, keyValueHeads * sharing, width).copy_(all.transpose(1, 2));

    /// <summary>A block of queries (or of what has their shape): [sequences * keyValueHeads x sharing * count x width].</summary>
    /// <param name="x">[tokens x heads * width].</param>
    /// <param name="first">The first query of each sequence.</param>
    /// <param name="count">Number of queries.</param>
    public Tensor Queries(Tensor x, long first, long count) => QueryView(x, first, count).reshape(-1, sharing * count, width);

    /// <summary>The inverse of <see cref="Queries"/>.</summary>
    public void StoreQueries(Tensor block, Tensor destination, long first, long count) =>
        QueryView(destination, first, count).copy_(block.view(-1, keyValueHeads, sharing, count, width));

    /// <summary>softmax(q k' / sqrt(width)) under the causal mask and the window.</summary>
    /// <param name="q">A block of queries.</param>
    /// <param name="k">The keys that they see, [batch x seen x width].</param>
    /// <param name="first">The first query.</param>
    /// <param name="firstKey">The first key.</param>
    public Tensor Probabilities(Tensor q, Tensor k, long first, long firstKey)
    {
        long count = q.shape[1] / sharing;
        long seen = k.shape[1];
        Tensor scores = q.bmm(k.transpose(1, 2)).mul_(scale);
        scores.view(-1, sharing, count, seen).masked_fill_(Hidden(first, count, firstKey, seen, q.device), float.NegativeInfinity);
        return scores.softmax(-1);
    }

    /// <summary>[count x seen], true where a query does not see a key.</summary>
    private Tensor Hidden(long first, long count, long firstKey, long seen, torch.Device device)
    {
        Tensor queries = torch.arange(first, first + count, torch.int64, device).unsqueeze(1);
        Tensor keys = torch.arange(firstKey, firstKey + seen, torch.int64, device);
        return keys.gt(queries).logical_or(keys.le(queries.sub((long)window)));
    }

    private Tensor SharedView(Tensor x) => x.view(-1, sequenceLength, keyValueHeads, width).transpose(1, 2);

    private Tensor QueryView(Tensor x, long first, long count) =>
        x.view(-1, sequenceLength, keyValueHeads, sharing, width).narrow(1, first, count).permute(0, 2, 3, 1, 4);
}
