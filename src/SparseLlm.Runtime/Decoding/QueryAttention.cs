using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Transformer;

namespace SparseLlm.Runtime.Decoding;

/// <summary>Attention of a query or a few, one by one: keys and values are read where they are, on the calling
/// thread.</summary>
internal static unsafe class QueryAttention
{
    /// <summary>context = softmax(q k') v for queries of the last tokens that there are keys of.</summary>
    /// <param name="pool">Scratch memory.</param>
    /// <param name="shape">The window, and what becomes of the scores.</param>
    /// <param name="q">[queries x width].</param>
    /// <param name="k">[keys x width], contiguous.</param>
    /// <param name="v">[keys x width], contiguous.</param>
    /// <param name="sink">The head's score that belongs to no key, or null.</param>
    /// <param name="context">[queries x width].</param>
    public static void Run(
        BufferPool pool,
        AttentionShape shape,
        View<float> q,
        View<float> k,
        View<float> v,
        float? sink,
        View<float> context)
    {
        using Scratch<float> scratch = pool.RentScratch<float>(k.Rows);
        for (int i = 0; i < q.Rows; i++)
        {
            int end = k.Rows - q.Rows + i + 1;
            int first = Math.Max(0, end - shape.Window);
            float* scores = scratch.Data;
            Score(q.At(i, 0), k.At(first, 0), end - first, k.Columns, shape.Scale, scores);
            if (shape.Cap is { } cap)
            {
                Map.Run(new SoftCap(cap), scores, scores, end - first);
            }

            double sum = CausalAttention.Exponentiate(new Span<float>(scores, end - first), 0, end - first, sink);
            Combine(scores, v.At(first, 0), end - first, v.Columns, (float)(1 / sum), context.At(i, 0));
        }
    }

    /// <summary>scores[j] = scale * query k[j].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score(float* query, float* keys, int count, int width, float scale, float* scores)
    {
        int whole = width / Vector<float>.Count * Vector<float>.Count;
        for (int j = 0; j < count; j++)
        {
            float* key = keys + (nint)j * width;
            Vector<float> sum = default;
            Vector<float> other = default;
            int c = 0;
            for (; c + 2 * Vector<float>.Count <= whole; c += 2 * Vector<float>.Count)
            {
                sum = Vector.FusedMultiplyAdd(Vector.Load(query + c), Vector.Load(key + c), sum);
                other = Vector.FusedMultiplyAdd(
                    Vector.Load(query + c + Vector<float>.Count),
                    Vector.Load(key + c + Vector<float>.Count),
                    other);
            }

            if (c < whole)
            {
                sum = Vector.FusedMultiplyAdd(Vector.Load(query + c), Vector.Load(key + c), sum);
            }

            float total = Vector.Sum(sum + other);
            for (c = whole; c < width; c++)
            {
                total += query[c] * key[c];
            }

            scores[j] = scale * total;
        }
    }

    /// <summary>context = factor * Σ weights[j] values[j], some channels at a time, whose sums stay in
    /// registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine(float* weights, float* values, int count, int width, float factor, float* context)
    {
        int channel = 0;
        for (; channel + 4 * Vector<float>.Count <= width; channel += 4 * Vector<float>.Count)
        {
            Vector<float> a = default, b = default, c = default, d = default;
            float* value = values + channel;
            for (int j = 0; j < count; j++, value += width)
            {
                var weight = new Vector<float>(weights[j]);
                a = Vector.FusedMultiplyAdd(weight, Vector.Load(value), a);
                b = Vector.FusedMultiplyAdd(weight, Vector.Load(value + Vector<float>.Count), b);
                c = Vector.FusedMultiplyAdd(weight, Vector.Load(value + 2 * Vector<float>.Count), c);
                d = Vector.FusedMultiplyAdd(weight, Vector.Load(value + 3 * Vector<float>.Count), d);
            }

            (a * factor).Store(context + channel);
            (b * factor).Store(context + channel + Vector<float>.Count);
            (c * factor).Store(context + channel + 2 * Vector<float>.Count);
            (d * factor).Store(context + channel + 3 * Vector<float>.Count);
        }

        for (; channel + Vector<float>.Count <= width; channel += Vector<float>.Count)
        {
            Vector<float> sum = default;
            for (int j = 0; j < count; j++)
            {
                sum = Vector.FusedMultiplyAdd(
                    new Vector<float>(weights[j]),
                    Vector.Load(values + (nint)j * width + channel),
                    sum);
            }

            (sum * factor).Store(context + channel);
        }

        for (; channel < width; channel++)
        {
            float sum = 0;
            for (int j = 0; j < count; j++)
            {
                sum += weights[j] * values[(nint)j * width + channel];
            }

            context[channel] = sum * factor;
        }
    }
}
