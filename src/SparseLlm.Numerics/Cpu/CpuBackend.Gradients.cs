using SparseLlm.Numerics.Cpu.Activations;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Gradients;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void LayerNormGradient(
        Matrix<float> x, Matrix<float>? gain, float epsilon, Matrix<float> outputGradient, Matrix<float> inputGradient,
        Matrix<double>? gainGradient) =>
        NormGradient(
            new NormalizationGradient(team, pool, centred: true, epsilon),
            x,
            gain,
            outputGradient,
            inputGradient,
            gainGradient);

    /// <inheritdoc/>
    public void RmsNormGradient(
        Matrix<float> x, Matrix<float>? gain, float epsilon, Matrix<float> outputGradient, Matrix<float> inputGradient,
        Matrix<double>? gainGradient) =>
        NormGradient(
            new NormalizationGradient(team, pool, centred: false, epsilon),
            x,
            gain,
            outputGradient,
            inputGradient,
            gainGradient);

    /// <inheritdoc/>
    public void CausalAttentionGradient(
        Matrix<float> q, Matrix<float> k, Matrix<float> v, Matrix<float>? sinks, Matrix<float> contextGradient,
        AttentionShape shape,
        Matrix<float> queryGradient, Matrix<float> keyGradient, Matrix<float> valueGradient)
    {
        int width = Shapes.AttentionWidth(q, shape);
        int shared = shape.KeyValueHeads * width;
        Matrix<float>[] gradients = [queryGradient, keyGradient, valueGradient];
        for (int i = 0; i < gradients.Length; i++)
        {
            foreach (Matrix<float> other in (Matrix<float>[])[q, k, v, sinks ?? q, contextGradient, .. gradients[..i]])
            {
                Shapes.RequireApart(Overlap(other, gradients[i]), nameof(queryGradient));
            }
        }

        new CausalAttentionGradient(products, team, pool, shape, width).Run(
            new Projections(Open(q), Open(k, q.Rows, shared), Open(v, q.Rows, shared)),
            sinks is null ? null : Open(sinks, 1, shape.Heads).Data, Open(contextGradient, q.Rows, q.Columns),
            new Projections(
                Open(queryGradient, q.Rows, q.Columns),
                Open(keyGradient, q.Rows, shared),
                Open(valueGradient, q.Rows, shared)));
        Keep(q, k, v, sinks, contextGradient, queryGradient, keyGradient, valueGradient);
    }

    /// <inheritdoc/>
    public void ActivationGradient(
        Nonlinearity f,
        Matrix<float> x,
        Matrix<float> outputGradient,
        Matrix<float> inputGradient)
    {
        ActivationKernel.Of(f).Gradient(
            team, Open(x), Open(outputGradient, x.Rows, x.Columns), Open(inputGradient, x.Rows, x.Columns));
        Keep(x, outputGradient, inputGradient);
    }

    /// <inheritdoc/>
    public void GatedActivationGradient(
        Nonlinearity f, Matrix<float> gate, Matrix<float> up, Matrix<float> outputGradient, Matrix<float> gateGradient,
        Matrix<float> upGradient)
    {
        var kernel = GatedActivationKernel.Of(f);
        View<float> gates = Open(gate);
        View<float> dy = Open(outputGradient, gate.Rows, gate.Columns);
        View<float> ups = Open(up, gate.Rows, gate.Columns);
        View<float> dgate = Open(gateGradient, gate.Rows, gate.Columns);
        View<float> dup = Open(upGradient, gate.Rows, gate.Columns);
        Shapes.RequireApart(Overlap(gate, gateGradient), nameof(gateGradient));
        Shapes.RequireApart(Overlap(up, gateGradient), nameof(gateGradient));
        Shapes.RequireApart(Overlap(outputGradient, gateGradient), nameof(gateGradient));
        kernel.GateGradient(team, gates, ups, dy, dgate);
        kernel.UpGradient(team, gates, ups, dy, dup);
        Keep(gate, up, outputGradient, gateGradient, upGradient);
    }

    /// <inheritdoc/>
    public void SoftCapGradient(
        Matrix<float> output,
        float cap,
        Matrix<float> outputGradient,
        Matrix<float> inputGradient)
    {
        Shapes.RequireCap(cap);
        View<float> dy = Open(outputGradient, output.Rows, output.Columns);
        Map.Run(team, new SoftCapSlope(cap), Open(output), dy, Open(inputGradient, output.Rows, output.Columns));
        Keep(output, outputGradient, inputGradient);
    }

    /// <inheritdoc/>
    public void DivergenceGradient(
        Matrix<float> teacher, Matrix<float> student, float scale, Span<double> divergences, Matrix<float> gradient)
    {
        View<float> logits = Open(teacher);
        Shapes.RequireLength(divergences.Length, teacher.Rows, nameof(divergences));
        Shapes.RequireApart(Overlap(teacher, gradient), nameof(gradient));
        fixed (double* results = divergences)
        {
            Divergence.Run(
                team, pool, logits, Open(student, teacher.Rows, teacher.Columns), scale, results,
                Open(gradient, teacher.Rows, teacher.Columns));
        }

        Keep(teacher, student, gradient);
    }

    /// <inheritdoc/>
    public void Adam(
        Matrix<float> weights, Matrix<float> gradient, Matrix<float>? mask, Matrix<float> mean, Matrix<float> square,
        AdamStep step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step.Number, 1);
        View<float> w = Open(weights);
        new AdamUpdate(step).Run(
            team, w, Open(gradient, weights.Rows, weights.Columns).Data,
            mask is null ? null : Open(mask, weights.Rows, weights.Columns).Data,
            Open(mean, weights.Rows, weights.Columns).Data, Open(square, weights.Rows, weights.Columns).Data);
        Keep(weights, gradient, mask, mean, square);
    }

    private static void NormGradient(
        NormalizationGradient kernel, Matrix<float> x, Matrix<float>? gain, Matrix<float> outputGradient,
        Matrix<float> inputGradient,
        Matrix<double>? gainGradient)
    {
        View<float> rows = Open(x);
        Shapes.RequireApart(Overlap(x, inputGradient), nameof(inputGradient));
        Shapes.RequireApart(Overlap(outputGradient, inputGradient), nameof(inputGradient));
        Shapes.GainRows(x, gain, gainGradient);
        kernel.Run(
            rows, gain is null
                ? null
                : Open(gain), Open(outputGradient, x.Rows, x.Columns), Open(inputGradient, x.Rows, x.Columns),
            gainGradient is null ? null : Open(gainGradient));
        Keep(x, gain, outputGradient, inputGradient, gainGradient);
    }
}
