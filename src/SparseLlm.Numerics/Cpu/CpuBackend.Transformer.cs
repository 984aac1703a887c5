using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Transformer;

namespace SparseLlm.Numerics.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Embed(Matrix<float> table, ReadOnlySpan<int> ids, Matrix<float> destination)
    {
        View<float> source = Open(table);
        View<float> target = Open(destination, ids.Length, table.Columns);
        Shapes.RequireTokens(ids, table.Rows, nameof(ids));
        for (int i = 0; i < ids.Length; i++)
        {
            source.Row(ids[i]).CopyTo(target.Row(i));
        }

        Keep(table, destination);
    }

    /// <inheritdoc/>
    public void LayerNorm(Matrix<float> x, Matrix<float>? gain, Matrix<float>? bias, float epsilon, Matrix<float> destination)
    {
        Normalization.LayerNorm(
            team, Open(x), gain is null ? null : Open(gain, 1, x.Columns).Data, bias is null ? null : Open(bias, 1, x.Columns).Data,
            epsilon, Open(destination, x.Rows, x.Columns));
        Keep(x, gain, bias, destination);
    }

    /// <inheritdoc/>
    public void RmsNorm(Matrix<float> x, Matrix<float> gain, float epsilon, Matrix<float> destination)
    {
        Normalization.RmsNorm(team, Open(x), Open(gain, 1, x.Columns).Data, epsilon, Open(destination, x.Rows, x.Columns));
        Keep(x, gain, destination);
    }

    /// <inheritdoc/>
    public void ApplyRotary(Matrix<float> x, int heads, Matrix<float> cosines, Matrix<float> sines)
    {
        View<float> tokens = Open(x);
        int width = Shapes.RotaryWidth(x, heads, cosines);
        Rotary.Apply(
            team, tokens, heads, Open(cosines, cosines.Rows, width / 2), Open(sines, cosines.Rows, width / 2));
        Keep(x, cosines, sines);
    }

    /// <inheritdoc/>
    public void CausalAttention(
        Matrix<float> q, Matrix<float> k, Matrix<float> v, int heads, int keyValueHeads, int sequenceLength, int window,
        Matrix<float> context)
    {
        View<float> queries = Open(q);
        int width = Shapes.AttentionWidth(q, heads, keyValueHeads, sequenceLength, window);
        Shapes.RequireApart(Overlap(q, context) || Overlap(k, context) || Overlap(v, context), nameof(context));

        new CausalAttention(products, team, pool, sequenceLength, window, width).Run(
            queries, Open(k, q.Rows, keyValueHeads * width), Open(v, q.Rows, keyValueHeads * width),
            Open(context, q.Rows, q.Columns), heads / keyValueHeads);
        Keep(q, k, v, context);
    }

    /// <inheritdoc/>
    public void Relu(Matrix<float> x, Matrix<float> destination)
    {
        View<float> source = Open(x);
        Map.Run(team, default(ReluActivation), source, source, source, Open(destination, x.Rows, x.Columns));
        Keep(x, destination);
    }

    /// <inheritdoc/>
    public void SwiGlu(Matrix<float> gate, Matrix<float> up, Matrix<float> destination)
    {
        View<float> gates = Open(gate);
        Map.Run(
            team, default(SwiGluActivation), gates, Open(up, gate.Rows, gate.Columns), gates,
            Open(destination, gate.Rows, gate.Columns));
        Keep(gate, up, destination);
    }

    /// <inheritdoc/>
    public void CrossEntropy(Matrix<float> logits, ReadOnlySpan<int> targets, Span<double> losses)
    {
        View<float> rows = Open(logits);
        Shapes.RequireLength(targets.Length, logits.Rows, nameof(targets));
        Shapes.RequireLength(losses.Length, logits.Rows, nameof(losses));
        Shapes.RequireTokens(targets, logits.Columns, nameof(targets));
        fixed (int* target = targets)
        fixed (double* loss = losses)
        {
            Transformer.CrossEntropy.Run(team, rows, target, loss);
        }

        Keep(logits);
    }
}
