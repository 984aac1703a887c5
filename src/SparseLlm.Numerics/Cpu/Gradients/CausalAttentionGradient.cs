using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;
using SparseLlm.Numerics.Cpu.Threading;
using SparseLlm.Numerics.Cpu.Transformer;

namespace SparseLlm.Numerics.Cpu.Gradients;

/// <summary>
/// Derivatives of causal attention. A work item is one key-value head of one sequence, with all query heads that share
/// it, so that sums over them have one order. Probabilities live for one block of queries.
/// </summary>
internal sealed unsafe class CausalAttentionGradient(
    MatrixProduct<float> products, WorkerTeam team, BufferPool pool, AttentionShape shape, int width)
{
    private const int QueryBlock = 64;

    private readonly int sequenceLength = shape.SequenceLength;

    /// <summary>dq, dk and dv in every sequence and head.</summary>
    /// <param name="inputs">Queries, keys and values.</param>
    /// <param name="sinks">A score of each head that belongs to no key, or null.</param>
    /// <param name="dc">The context's gradient, [tokens x heads * width].</param>
    /// <param name="gradients">Receives the gradients of queries, keys and values.</param>
    public void Run(Projections inputs, float* sinks, View<float> dc, Projections gradients)
    {
        int sharedHeads = shape.KeyValueHeads;
        int sharing = shape.Heads / sharedHeads;
        team.Run(dc.Rows / sequenceLength * sharedHeads, item =>
        {
            int token = item / sharedHeads * sequenceLength;
            int shared = item % sharedHeads;
            for (int head = shared * sharing; head < (shared + 1) * sharing; head++)
            {
                RunHead(
                    Head(inputs, token, head, shared), sinks == null ? null : sinks[head],
                    dc.Block(token, head * width, sequenceLength, width), Head(
                        gradients,
                        token,
                        head,
                        shared), isFirst: head == shared * sharing);
            }
        });
    }

    private Projections Head(Projections all, int token, int head, int sharedHead) => new(
        all.Query.Block(token, head * width, sequenceLength, width),
        all.Key.Block(token, sharedHead * width, sequenceLength, width),
        all.Value.Block(token, sharedHead * width, sequenceLength, width));

    private void RunHead(Projections inputs, float? sink, View<float> dc, Projections gradients, bool isFirst)
    {
        using Scratch<float> probabilityMemory = pool.RentScratch<float>((nint)QueryBlock * sequenceLength);
        using Scratch<float> slopeMemory = pool.RentScratch<float>((nint)QueryBlock * sequenceLength);
        using Scratch<float> cappedMemory = pool.RentScratch<float>(shape.Cap is null ? 0 : sequenceLength);
        if (isFirst)
        {
            Clear(gradients.Key);
            Clear(gradients.Value);
        }

        for (int first = 0; first < sequenceLength; first += QueryBlock)
        {
            int count = Math.Min(QueryBlock, sequenceLength - first);
            int start = FirstKey(first);
            int seen = first + count - start;
            View<float> q = inputs.Query.Block(first, 0, count, width);
            View<float> k = inputs.Key.Block(start, 0, seen, width);
            View<float> v = inputs.Value.Block(start, 0, seen, width);
            View<float> dcBlock = dc.Block(first, 0, count, width);
            var p = new View<float>(probabilityMemory.Data, count, seen);
            var ds = new View<float>(slopeMemory.Data, count, seen);

            products.Multiply(q, k.Transposed, p, shape.Scale, 0);
            products.Multiply(dcBlock, v.Transposed, ds, 1, 0);
            for (int i = 0; i < count; i++)
            {
                int query = first + i;
                SoftmaxSlopes(p.Row(i), ds.Row(i), FirstKey(query) - start, query + 1 - start, sink, cappedMemory.Data);
            }

            products.Multiply(p.Transposed, dcBlock, gradients.Value.Block(start, 0, seen, width), 1, 1);
            products.Multiply(ds, k, gradients.Query.Block(first, 0, count, width), shape.Scale, 0);
            products.Multiply(ds.Transposed, q, gradients.Key.Block(start, 0, seen, width), shape.Scale, 1);
        }
    }

    /// <summary>Turns one query's scores into probabilities, and the slopes by its probabilities into those by its
    /// scores.</summary>
    /// <param name="p">Scores, which become probabilities.</param>
    /// <param name="ds">Slopes.</param>
    /// <param name="first">The first key that the query sees.</param>
    /// <param name="end">The key after the last one that it sees.</param>
    /// <param name="sink">A score that belongs to no key.</param>
    /// <param name="capped">As much memory as scores need.</param>
    private void SoftmaxSlopes(Span<float> p, Span<float> ds, int first, int end, float? sink, float* capped)
    {
        if (shape.Cap is { } cap)
        {
            fixed (float* scores = p)
            {
                Map.Run(new SoftCap(cap), scores, scores, p.Length);
            }

            p.CopyTo(new Span<float>(capped, p.Length));
        }

        double sum = CausalAttention.Exponentiate(p, first, end, sink);
        TensorPrimitives.Multiply(p, (float)(1 / sum), p);
        fixed (float* probabilities = p)
        fixed (float* slopes = ds)
        {
            double mean = Reductions.Dot(probabilities, slopes, p.Length);
            TensorPrimitives.Subtract(ds, (float)mean, ds);
            TensorPrimitives.Multiply(ds, p, ds);
            if (shape.Cap is { } limit)
            {
                Map.Run(new SoftCapSlope(limit), capped, slopes, slopes, ds.Length);
            }
        }
    }

    /// <summary>The first key that a query's window lets it see.</summary>
    private int FirstKey(int query) => Math.Max(0, query - (shape.Window - 1));

    private static void Clear(View<float> x)
    {
        for (int i = 0; i < x.Rows; i++)
        {
            x.Row(i).Clear();
        }
    }
}
