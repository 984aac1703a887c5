using SparseLlm.Numerics.TorchSharp.Memory;
using static TorchSharp.torch.nn.functional;

namespace SparseLlm.Numerics.TorchSharp.Transformer;

/// <summary>
/// softmax(scores) v under a causal mask (Vaswani et al. 2017): as libtorch's one operation where scores are plain and
/// a token sees all before it, else in blocks of queries, each against the keys it may see.
/// </summary>
internal sealed class CausalAttention(AttentionHeads heads)
{
    /// <summary>Attends in every sequence and head.</summary>
    /// <param name="chunks">Goes through the sequences.</param>
    /// <param name="q">[tokens x heads * width].</param>
    /// <param name="k">[tokens x keyValueHeads * width].</param>
    /// <param name="v">[tokens x keyValueHeads * width].</param>
    /// <param name="context">[tokens x heads * width].</param>
    /// <param name="sequenceLength">Tokens per sequence.</param>
    public void Run(RowChunks chunks, Tensor q, Tensor k, Tensor v, Tensor context, int sequenceLength) =>
        chunks.Run(q.shape[0] / sequenceLength, heads.IsPlain
            ? q.shape[1] * sequenceLength
            : heads.BlockElements, (start, count) =>
        {
            Tensor Tokens(Tensor x) => x.narrow(0, start * sequenceLength, count * sequenceLength);
            if (heads.IsPlain)
            {
                Tensor attended = scaled_dot_product_attention(
                    heads.Heads(Tokens(q)),
                    heads.Heads(Tokens(k)),
                    heads.Heads(Tokens(v)),
                    is_casual: true);
                heads.StoreHeads(attended, Tokens(context));
            }
            else
            {
                RunSequences(Tokens(q), heads.Shared(Tokens(k)), heads.Shared(Tokens(v)), Tokens(context));
            }
        });

    private void RunSequences(Tensor q, Tensor keys, Tensor values, Tensor context)
    {
        foreach ((long first, long count, long firstKey) in heads.Blocks())
        {
            using DisposeScope scope = torch.NewDisposeScope();
            long seen = first + count - firstKey;
            Tensor scores = heads.Scores(heads.Queries(q, first, count), keys.narrow(1, firstKey, seen));
            Tensor probabilities = heads.Probabilities(scores, first, firstKey);
            heads.StoreQueries(probabilities.bmm(values.narrow(1, firstKey, seen)), context, first, count);
        }
    }
}
