using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;
using SparseLlm.Numerics.Cpu.Threading;
using SparseLlm.Numerics.Cpu.Transformer;

namespace SparseLlm.Numerics.Cpu.Gradients;

/// <summary>
/// Derivatives of causal attention. A work item is one key-value head of one sequence, with all query heads that share it, so that
/// sums over them have one order. Probabilities live for one block of queries.
/// </summary>
internal sealed unsafe class CausalAttentionGradient(
    MatrixProduct<float> products, WorkerTeam team, BufferPool pool, int sequenceLength, int window, int width)
{
    private const int QueryBlock = 64;

    private readonly float scale = (float)(1 / Math.Sqrt(width));

    /// <summary>dq, dk and dv in every sequence and head.</summary>
    /// <param name="inputs">Queries, keys and values.</param>
    /// <param name="dc">The context's gradient, [tokens x heads * width].</param>
    /// <param name="gradients">Receives the gradients of queries, keys and values.</param>
    /// <param name="sharing">Query heads per key-value head.</param>
    public void Run(Projections inputs, View<float> dc, Projections gradients, int sharing)
    {
        int sharedHeads = inputs.Key.Columns / width;
        team.Run(dc.Rows / sequenceLength * sharedHeads, item =>
        {
            int token = item / sharedHeads * sequenceLength;
            int shared = item % sharedHeads;
            for (int head = shared * sharing; head < (shared + 1) * sharing; head++)
            {
                RunHead(
                    Head(inputs, token, head, shared), dc.Block(token, head * width, sequenceLength, width),
                    Head(gradients, token, head, shared), isFirst: head == shared * sharing);
            }
        });
    }

    private Projections Head(Projections all, int token, int head, int sharedHead) => new(
        all.Query.Block(token, head * width, sequenceLength, width),
        all.Key.Block(token, sharedHead * width, sequenceLength, width),
        all.Value.Block(token, sharedHead * width, sequenceLength, width));

    private void RunHead(Projections inputs, View<float> dc, Projections gradients, bool isFirst)
    {
        using Scratch<float> probabilityMemory = pool.RentScratch<float>((nint)QueryBlock * sequenceLength);
        using Scratch<float> slopeMemory = pool.RentScratch<float>((nint)QueryBlock * sequenceLength);
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

            products.Multiply(q, k.Transposed, p, scale, 0);
            products.Multiply(dcBlock, v.Transposed, ds, 1, 0);
            for (int i = 0; i < count; i++)
            {
                double sum = CausalAttention.Exponentiate(p.Row(i), FirstKey(first + i) - start, first + i + 1 - start);
                TensorPrimitives.Multiply(p.Row(i), (float)(1 / sum), p.Row(i));
                double mean = Reductions.Dot(p.At(i, 0), ds.At(i, 0), seen);
                TensorPrimitives.Subtract(ds.Row(i), (float)mean, ds.Row(i));
                TensorPrimitives.Multiply(ds.Row(i), p.Row(i), ds.Row(i));
            }

            products.Multiply(p.Transposed, dcBlock, gradients.Value.Block(start, 0, seen, width), 1, 1);
            products.Multiply(ds, k, gradients.Query.Block(first, 0, count, width), scale, 0);
            products.Multiply(ds.Transposed, q, gradients.Key.Block(start, 0, seen, width), scale, 1);
        }
    }

    /// <summary>The first key that a query's window lets it see.</summary>
    private int FirstKey(int query) => Math.Max(0, query - (window - 1));

    private static void Clear(View<float> x)
    {
        for (int i = 0; i < x.Rows; i++)
        {
            x.Row(i).Clear();
        }
    }
}
