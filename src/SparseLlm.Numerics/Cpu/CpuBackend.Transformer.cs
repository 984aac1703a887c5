using SparseLlm.Numerics.Cpu.Activations;
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
    public void LayerNorm(
        Matrix<float> x,
        Matrix<float>? gain,
        Matrix<float>? bias,
        float epsilon,
        Matrix<float> destination)
    {
        View<float> rows = Open(x);
        Shapes.GainRows(x, gain, bias);
        Normalization.LayerNorm(
            team, rows, gain is null ? null : Open(gain), bias is null ? null : Open(bias), epsilon,
            Open(destination, x.Rows, x.Columns));
        Keep(x, gain, bias, destination);
    }

    /// <inheritdoc/>
    public void RmsNorm(Matrix<float> x, Matrix<float>? gain, float epsilon, Matrix<float> destination)
    {
        View<float> rows = Open(x);
        Shapes.GainRows(x, gain, gain);
        Normalization.RmsNorm(
            team,
            rows,
            gain is null ? null : Open(gain),
            epsilon,
            Open(destination, x.Rows, x.Columns));
        Keep(x, gain, destination);
    }

    /// <inheritdoc/>
    public void ApplyRotary(
        Matrix<float> x,
        int heads,
        RotaryPairing pairing,
        Matrix<float> cosines,
        Matrix<float> sines)
    {
        View<float> tokens = Open(x);
        Shapes.RequireRotary(x, heads, cosines);
        Rotary.Apply(team, tokens, heads, pairing, Open(cosines), Open(sines, cosines.Rows, cosines.Columns));
        Keep(x, cosines, sines);
    }

    /// <inheritdoc/>
    public void CausalAttention(
        Matrix<float> q, Matrix<float> k, Matrix<float> v, AttentionShape shape, Matrix<float>? sinks,
        Matrix<float> context)
    {
        View<float> queries = Open(q);
        int width = Shapes.AttentionWidth(q, shape);
        int shared = shape.KeyValueHeads * width;
        Shapes.RequireApart(
            Overlap(q, context) || Overlap(k, context) || Overlap(v, context)
                || Overlap(sinks ?? q, context), nameof(context));

        new CausalAttention(products, team, pool, shape, width).Run(
            queries, Open(k, q.Rows, shared), Open(v, q.Rows, shared), sinks is null
                ? null
                : Open(sinks, 1, shape.Heads).Data,
            Open(context, q.Rows, q.Columns));
        Keep(q, k, v, sinks, context);
    }

    /// <inheritdoc/>
    public void Activate(Nonlinearity f, Matrix<float> x, Matrix<float> destination)
    {
        ActivationKernel.Of(f).Activate(team, Open(x), Open(destination, x.Rows, x.Columns));
        Keep(x, destination);
    }

    /// <inheritdoc/>
    public void ActivateGated(Nonlinearity f, Matrix<float> gate, Matrix<float> up, Matrix<float> destination)
    {
        GatedActivationKernel.Of(f).Activate(
            team, Open(gate), Open(up, gate.Rows, gate.Columns), Open(destination, gate.Rows, gate.Columns));
        Keep(gate, up, destination);
    }

    /// <inheritdoc/>
    public void SoftCap(Matrix<float> x, float cap, Matrix<float> destination)
    {
        Shapes.RequireCap(cap);
        View<float> source = Open(x);
        Map.Run(team, new SoftCap(cap), source, Open(destination, x.Rows, x.Columns));
        Keep(x, destination);
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
