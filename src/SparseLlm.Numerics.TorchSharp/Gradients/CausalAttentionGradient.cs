using SparseLlm.Numerics.TorchSharp.Memory;
using SparseLlm.Numerics.TorchSharp.Transformer;

namespace SparseLlm.Numerics.TorchSharp.Gradients;

/// <summary>
/// Derivatives of causal attention, in blocks of queries: dV = P' dC, dS = scale P ⊙ (dC V' - rowsum(P ⊙ dC V')), dQ =
/// dS K, dK = dS' Q.
/// </summary>
internal sealed class CausalAttentionGradient(AttentionHeads heads)
{
    private static readonly long[] Keys = [2];

    /// <summary>The gradients in every sequence and head.</summary>
    /// <param name="chunks">Goes through the sequences.</param>
    /// <param name="inputs">Queries, keys and values.</param>
    /// <param name="dc">The context's gradient, [tokens x heads * width].</param>
    /// <param name="gradients">Receives the gradients of queries, keys and values.</param>
    /// <param name="sequenceLength">Tokens per sequence.</param>
    public void Run(RowChunks chunks, Projections inputs, Tensor dc, Projections gradients, int sequenceLength) =>
        chunks.Run(dc.shape[0] / sequenceLength, heads.BlockElements, (start, count) =>
        {
            Tensor Tokens(Tensor x) => x.narrow(0, start * sequenceLength, count * sequenceLength);
            Projections heads = Shared(inputs, Tokens);
            Projections sums = new(Tokens(gradients.Query), torch.zeros_like(heads.Key), torch.zeros_like(heads.Value));
            AddSequences(heads, Tokens(dc), sums);
            Store(sums, Tokens(gradients.Key), Tokens(gradients.Value));
        });

    private Projections Shared(Projections inputs, Func<Tensor, Tensor> tokens) =>
        new(tokens(inputs.Query), heads.Shared(tokens(inputs.Key)), heads.Shared(tokens(inputs.Value)));

    private void Store(Projections sums, Tensor keyGradient, Tensor valueGradient)
    {
        heads.StoreShared(sums.Key, keyGradient);
        heads.StoreShared(sums.Value, valueGradient);
    }

    private void AddSequences(Projections inputs, Tensor dc, Projections gradients)
    {
        foreach ((long first, long count, long firstKey) in heads.Blocks())
        {
            using DisposeScope scope = torch.NewDisposeScope();
            long seen = first + count - firstKey;
            Tensor q = heads.Queries(inputs.Query, first, count);
            Tensor k = inputs.Key.narrow(1, firstKey, seen);
            Tensor slope = heads.Queries(dc, first, count);
            Tensor scores = heads.Scores(q, k);
            Tensor? capSlope = heads.CapSlope(scores);
            Tensor p = heads.Probabilities(scores, first, firstKey);
            Tensor ds = slope.bmm(inputs.Value.narrow(1, firstKey, seen).transpose(1, 2));
            ds.sub_(p.mul(ds).sum(Keys, keepdim: true, type: torch.float64)).mul_(p).mul_(Kept(heads.Scale));
            if (capSlope is not null)
            {
                ds.mul_(capSlope);
            }

            gradients.Value.narrow(1, firstKey, seen).add_(p.transpose(1, 2).bmm(slope), One);
            gradients.Key.narrow(1, firstKey, seen).add_(ds.transpose(1, 2).bmm(q), One);
            heads.StoreQueries(ds.bmm(k), gradients.Query, first, count);
        }
    }
}
