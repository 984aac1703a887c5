namespace SparseLlm.Numerics.TorchSharp.Transformer;

/// <summary>
/// The layout of attention: every pair of a sequence and a key-value head is one product of a batch, in which the query
/// heads that share the key-value head are rows one after the other.
/// </summary>
/// <param name="shape">Heads, sequences, window and scores.</param>
/// <param name="width">Channels of a head.</param>
/// <param name="sinks">[1 x heads], a score of each query head that belongs to no key; or null.</param>
internal sealed class AttentionHeads(AttentionShape shape, int width, Tensor? sinks)
{
    /// <summary>Queries that are worked on at a time: their probabilities are the only large matrix.</summary>
    private const int QueryBlock = 128;

    private readonly int keyValueHeads = shape.KeyValueHeads;
    private readonly int sharing = shape.Heads / shape.KeyValueHeads;
    private readonly int sequenceLength = shape.SequenceLength;
    private readonly int window = shape.Window;

    /// <summary>What products of queries and keys are multiplied by.</summary>
    public float Scale => shape.Scale;

    /// <summary>Whether it is the attention that libtorch has one operation for: every token sees all tokens before it,
    /// by the usual scores and nothing else.</summary>
    public bool IsPlain => window >= sequenceLength && shape.Cap is null && sinks is null
        && shape.Scale == (float)(1 / Math.Sqrt(width));

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

    /// <summary>Queries, or the keys or values that each query head sees: [sequences x heads x sequenceLength x
    /// width].</summary>
    /// <param name="x">[tokens x heads * width] or [tokens x keyValueHeads * width].</param>
    public Tensor Heads(Tensor x)
    {
        Tensor all = x.view(-1, sequenceLength, x.shape[1] / width, width).transpose(1, 2);
        return all.shape[1] == keyValueHeads && sharing > 1 ? all.repeat_interleave(sharing, 1) : all;
    }

    /// <summary>The inverse of <see cref="Heads"/> for queries.</summary>
    public void StoreHeads(Tensor all, Tensor destination) =>
        destination.view(-1, sequenceLength, keyValueHeads * sharing, width).copy_(all.transpose(1, 2));

    /// <summary>A block of queries (or of what has their shape): [sequences * keyValueHeads x sharing * count x
    /// width].</summary>
    /// <param name="x">[tokens x heads * width].</param>
    /// <param name="first">The first query of each sequence.</param>
    /// <param name="count">Number of queries.</param>
    public Tensor Queries(Tensor x, long first, long count)
        => QueryView(x, first, count).reshape(-1, sharing * count, width);

    /// <summary>The inverse of <see cref="Queries"/>.</summary>
    public void StoreQueries(Tensor block, Tensor destination, long first, long count) =>
        QueryView(destination, first, count).copy_(block.view(-1, keyValueHeads, sharing, count, width));

    /// <summary>The scores of a block of queries: q k' times the scale, capped where the shape says so.</summary>
    /// <param name="q">A block of queries.</param>
    /// <param name="k">The keys that they see, [batch x seen x width].</param>
    public Tensor Scores(Tensor q, Tensor k)
    {
        Tensor scores = q.bmm(k.transpose(1, 2)).mul_(Kept(Scale));
        return shape.Cap is { } cap ? scores.div_(Kept(cap)).tanh_().mul_(Kept(cap)) : scores;
    }

    /// <summary>The derivative of capped scores by the scores, 1 - (s / cap)²; null where they are not
    /// capped.</summary>
    public Tensor? CapSlope(Tensor scores) =>
        shape.Cap is { } cap ? scores.div(Kept(cap)).Squared().neg_().add_(Kept(1), One) : null;

    /// <summary>Their softmax under the causal mask and the window, which is put on them.</summary>
    /// <param name="scores">Of <see cref="Scores"/>.</param>
    /// <param name="first">The first query.</param>
    /// <param name="firstKey">The first key.</param>
    public Tensor Probabilities(Tensor scores, long first, long firstKey)
    {
        long count = scores.shape[1] / sharing;
        long seen = scores.shape[2];
        scores.view(-1, sharing, count, seen)
            .masked_fill_(Hidden(first, count, firstKey, seen, scores.device), Kept(float.NegativeInfinity));
        return sinks is null
            ? scores.softmax(-1)
            : torch.cat([scores, SinkColumn(scores, count)], 2).softmax(-1).narrow(2, 0, seen);
    }

    /// <summary>The sinks as one more score of every query, [batch x sharing * count x 1].</summary>
    private Tensor SinkColumn(Tensor scores, long count) => sinks!.view(1, keyValueHeads, sharing, 1)
        .expand(scores.shape[0] / keyValueHeads, keyValueHeads, sharing, count).reshape(-1, sharing * count, 1);

    /// <summary>[count x seen], true where a query does not see a key.</summary>
    private Tensor Hidden(long first, long count, long firstKey, long seen, torch.Device device)
    {
        Tensor queries = torch.arange(Kept(first), Kept(first + count), torch.int64, device).unsqueeze(1);
        Tensor keys = torch.arange(Kept(firstKey), Kept(firstKey + seen), torch.int64, device);
        return keys.gt(queries).logical_or(keys.le(queries.sub(Kept((long)window))));
    }

    private Tensor SharedView(Tensor x) => x.view(-1, sequenceLength, keyValueHeads, width).transpose(1, 2);

    private Tensor QueryView(Tensor x, long first, long count) =>
        x.view(-1, sequenceLength, keyValueHeads, sharing, width).narrow(1, first, count).permute(0, 2, 3, 1, 4);
}
