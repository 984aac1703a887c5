using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Transformer;

/// <summary>
/// softmax(scores) v under a causal mask (Vaswani et al. 2017). A work item is one head of one sequence: its keys and
/// values are packed once, then its queries go in blocks, each against the keys it may see and no others.
/// </summary>
internal sealed unsafe class CausalAttention(
    MatrixProduct<float> products, WorkerTeam team, BufferPool pool, AttentionShape shape, int width)
{
    private const int QueryBlock = 48;

    private readonly int sequenceLength = shape.SequenceLength;

    /// <summary>Attends in every sequence and head.</summary>
    /// <param name="q">[tokens x heads * width].</param>
    /// <param name="k">[tokens x keyValueHeads * width].</param>
    /// <param name="v">[tokens x keyValueHeads * width].</param>
    /// <param name="sinks">A score of each head that belongs to no key, or null.</param>
    /// <param name="context">[tokens x heads * width].</param>
    public void Run(View<float> q, View<float> k, View<float> v, float* sinks, View<float> context)
    {
        int heads = shape.Heads;
        int sharing = heads / shape.KeyValueHeads;
        team.Run(q.Rows / sequenceLength * heads, item =>
        {
            int token = item / heads * sequenceLength;
            int head = item % heads;
            int column = head * width;
            int sharedColumn = head / sharing * width;
            RunHead(
                q.Block(token, column, sequenceLength, width), k.Block(token, sharedColumn, sequenceLength, width),
                v.Block(token, sharedColumn, sequenceLength, width), sinks == null ? null : sinks[head],
                context.Block(token, column, sequenceLength, width));
        });
    }

    /// <summary>Attends in one head, on the calling thread. The queries are those of the last tokens that there are
    /// keys of.</summary>
    /// <param name="q">[queries x width].</param>
    /// <param name="k">[keys x width].</param>
    /// <param name="v">[keys x width].</param>
    /// <param name="sink">The head's score that belongs to no key, or null.</param>
    /// <param name="context">[queries x width].</param>
    public void RunHead(View<float> q, View<float> k, View<float> v, float? sink, View<float> context)
    {
        int past = k.Rows - q.Rows;
        using Scratch<float> keyMemory = pool.RentScratch<float>(products.PackedLength(width, k.Rows));
        using Scratch<float> valueMemory = pool.RentScratch<float>(products.PackedLength(k.Rows, width));
        using Scratch<float> scoreMemory = pool.RentScratch<float>((nint)QueryBlock * k.Rows);
        PackedFactor<float> keys = products.Pack(k.Transposed, keyMemory.Data);
        PackedFactor<float> values = products.Pack(v, valueMemory.Data);
        double* sums = stackalloc double[QueryBlock];

        for (int first = 0; first < q.Rows; first += QueryBlock)
        {
            int count = Math.Min(QueryBlock, q.Rows - first);
            int start = FirstKey(past + first) / MatrixProduct<float>.ColumnAlignment
                * MatrixProduct<float>.ColumnAlignment;
            var scores = new View<float>(scoreMemory.Data, count, past + first + count - start);
            products.MultiplyPacked(q.Block(first, 0, count, width), keys, 0, start, scores, shape.Scale);
            for (int i = 0; i < count; i++)
            {
                int firstSeen = FirstKey(past + first + i) - start;
                int end = past + first + i + 1 - start;
                if (shape.Cap is { } cap)
                {
                    float* seen = scores.At(i, firstSeen);
                    Map.Run(new SoftCap(cap), seen, seen, end - firstSeen);
                }

                sums[i] = Exponentiate(scores.Row(i), firstSeen, end, sink);
            }

            View<float> result = context.Block(first, 0, count, width);
            products.MultiplyPacked(scores, values, start, 0, result, 1);
            for (int i = 0; i < count; i++)
            {
                TensorPrimitives.Multiply(result.Row(i), (float)(1 / sums[i]), result.Row(i));
            }
        }
    }

    /// <summary>The first key that the window lets the query of a token see.</summary>
    private int FirstKey(int query) => Math.Max(0, query - (shape.Window - 1));

    /// <summary>Softmax without its denominator, which is returned; scores outside first .. end - 1 become 0.</summary>
    internal static double Exponentiate(Span<float> scores, int first, int end, float? sink)
    {
        scores[..first].Clear();
        scores[end..].Clear();
        float maximum = TensorPrimitives.Max(scores[first..end]);
        double sum = 0;
        if (sink is { } score)
        {
            maximum = Math.Max(maximum, score);
            sum = Exponential.ShiftedSum(&score, maximum, 1, &score);
        }

        fixed (float* seen = scores[first..end])
        {
            return sum + Exponential.ShiftedSum(seen, maximum, end - first, seen);
        }
    }
}
