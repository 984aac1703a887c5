using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Transformer;

namespace SparseLlm.Runtime.Decoding;

/// <summary>An attention block whose tokens also see those that the caches of their sequences hold.</summary>
/// <param name="backend">Where it lives.</param>
/// <param name="current">The step.</param>
/// <param name="index">Its place among the model's attention blocks, and so among the caches of a sequence.</param>
/// <param name="rotary">How queries and keys turn, if they do.</param>
/// <param name="parts">What it is made of.</param>
internal sealed class CachedAttention(
    CpuBackend backend,
    CurrentStep current,
    int index,
    RotaryAngles? rotary,
    AttentionParts parts)
    : Attention(backend, parts)
{
    // Of more queries, products are worth packing keys and values for.
    private const int FewQueries = 4;

    /// <inheritdoc/>
    public override Matrix<float> Attend(Matrix<float> q, Matrix<float> k, Matrix<float> v, int sequenceLength)
    {
        rotary?.Turn(q, Definition.Heads);
        rotary?.Turn(k, Definition.KeyValueHeads);
        Matrix<float> context = backend.AllocateUninitialized<float>(q.Rows, q.Columns);
        View<float> keys = CpuBackend.ViewOf(k);
        View<float> values = CpuBackend.ViewOf(v);
        foreach (TokenSpan span in current.Step.Spans)
        {
            span.Sequence.Cache(index).Append(
                keys.Block(span.FirstRow, 0, span.Count, k.Columns),
                values.Block(span.FirstRow, 0, span.Count, v.Columns));
        }

        Attend(current.Step.Spans, CpuBackend.ViewOf(q), CpuBackend.ViewOf(context));
        return context;
    }

    /// <summary>A work item is one key-value head of one sequence, with the query heads that share it.</summary>
    private void Attend(IReadOnlyList<TokenSpan> spans, View<float> q, View<float> context)
    {
        int width = Definition.HeadWidth;
        int sharing = Definition.Heads / Definition.KeyValueHeads;
        AttentionShape shape = Shape(sequenceLength: 1);
        var blocked = new CausalAttention(backend.Products, backend.Team, backend.Pool, shape, width);
        backend.Team.Run(spans.Count * Definition.KeyValueHeads, item =>
        {
            TokenSpan span = spans[item / Definition.KeyValueHeads];
            int shared = item % Definition.KeyValueHeads;
            KeyValueCache cache = span.Sequence.Cache(index);
            for (int head = shared * sharing; head < (shared + 1) * sharing; head++)
            {
                View<float> queries = q.Block(span.FirstRow, head * width, span.Count, width);
                View<float> result = context.Block(span.FirstRow, head * width, span.Count, width);
                float? sink = Sinks is null ? null : CpuBackend.ViewOf(Sinks).Row(0)[head];
                if (span.Count <= FewQueries)
                {
                    QueryAttention.Run(
                        backend.Pool,
                        shape,
                        queries,
                        cache.Keys(shared),
                        cache.Values(shared),
                        sink,
                        result);
                }
                else
                {
                    blocked.RunHead(queries, cache.Keys(shared), cache.Values(shared), sink, result);
                }
            }
        });
    }
}
