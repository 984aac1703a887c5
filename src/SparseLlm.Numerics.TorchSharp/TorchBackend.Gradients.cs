using SparseLlm.Numerics.TorchSharp.Gradients;
using SparseLlm.Numerics.TorchSharp.Memory;
using SparseLlm.Numerics.TorchSharp.Transformer;

namespace SparseLlm.Numerics.TorchSharp;

public sealed partial class TorchBackend
{
    /// <inheritdoc/>
    public void LayerNormGradient(
        Matrix<float> x, Matrix<float>? gain, float epsilon, Matrix<float> outputGradient, Matrix<float> inputGradient,
        Matrix<double>? gainGradient) =>
        NormGradient(x, centred: true, gain, epsilon, outputGradient, inputGradient, gainGradient);

    /// <inheritdoc/>
    public void RmsNormGradient(
        Matrix<float> x, Matrix<float>? gain, float epsilon, Matrix<float> outputGradient, Matrix<float> inputGradient,
        Matrix<double>? gainGradient) =>
        NormGradient(x, centred: false, gain, epsilon, outputGradient, inputGradient, gainGradient);

    /// <inheritdoc/>
    public void CausalAttentionGradient(
        Matrix<float> q, Matrix<float> k, Matrix<float> v, Matrix<float>? sinks, Matrix<float> contextGradient,
        AttentionShape shape,
        Matrix<float> queryGradient, Matrix<float> keyGradient, Matrix<float> valueGradient)
    {
        using Operation operation = Begin();
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

        Projections inputs = new(
            operation.Open(q),
            operation.Open(k, q.Rows, shared),
            operation.Open(v, q.Rows, shared));
        Projections results = new(
            operation.Open(queryGradient, q.Rows, q.Columns), operation.Open(keyGradient, q.Rows, shared),
            operation.Open(valueGradient, q.Rows, shared));
        var layout = new AttentionHeads(shape, width, sinks is null ? null : operation.Open(sinks, 1, shape.Heads));
        new CausalAttentionGradient(layout).Run(
            chunks, inputs, operation.Open(contextGradient, q.Rows, q.Columns), results, shape.SequenceLength);
    }

    /// <inheritdoc/>
    public void ActivationGradient(
        Nonlinearity f,
        Matrix<float> x,
        Matrix<float> outputGradient,
        Matrix<float> inputGradient)
    {
        using Operation operation = Begin();
        Tensor values = operation.Open(x);
        Tensor dy = operation.Open(outputGradient, x.Rows, x.Columns);
        chunks.Map(operation.Open(inputGradient, x.Rows, x.Columns), values, dy, Activation.Of(f).Slope);
    }

    /// <inheritdoc/>
    public void GatedActivationGradient(
        Nonlinearity f, Matrix<float> gate, Matrix<float> up, Matrix<float> outputGradient, Matrix<float> gateGradient,
        Matrix<float> upGradient)
    {
        using Operation operation = Begin();
        Tensor gates = operation.Open(gate);
        Tensor ups = operation.Open(up, gate.Rows, gate.Columns);
        Tensor dy = operation.Open(outputGradient, gate.Rows, gate.Columns);
        Tensor dgate = operation.Open(gateGradient, gate.Rows, gate.Columns);
        Tensor dup = operation.Open(upGradient, gate.Rows, gate.Columns);
        Shapes.RequireApart(
            Overlap(gate, gateGradient) || Overlap(up, gateGradient)
                || Overlap(outputGradient, gateGradient), nameof(gateGradient));
        var activation = GatedActivation.Of(f);
        chunks.Map(dgate, gates, ups, dy, activation.GateSlope);
        chunks.Map(dup, gates, ups, dy, activation.UpSlope);
    }

    /// <inheritdoc/>
    public void SoftCapGradient(
        Matrix<float> output,
        float cap,
        Matrix<float> outputGradient,
        Matrix<float> inputGradient)
    {
        Shapes.RequireCap(cap);
        using Operation operation = Begin();
        Tensor y = operation.Open(output);
        Tensor dy = operation.Open(outputGradient, output.Rows, output.Columns);
        chunks.Map(
            operation.Open(inputGradient, output.Rows, output.Columns), y, dy,
            (values, slope) => values.div(Kept(cap)).Squared().neg_().add_(Kept(1), One).mul_(slope));
    }

    /// <inheritdoc/>
    public void DivergenceGradient(
        Matrix<float> teacher, Matrix<float> student, float scale, Span<double> divergences, Matrix<float> gradient)
    {
        using Operation operation = Begin();
        Tensor expected = operation.Open(teacher);
        Shapes.RequireLength(divergences.Length, teacher.Rows, nameof(divergences));
        Shapes.RequireApart(Overlap(teacher, gradient), nameof(gradient));
        Tensor logits = operation.Open(student, teacher.Rows, teacher.Columns);
        Tensor slopes = operation.Open(gradient, teacher.Rows, teacher.Columns);
        Tensor results = torch.empty(teacher.Rows, 1L, torch.float64, device);
        chunks.Run(teacher.Rows, teacher.Columns, (start, count) =>
        {
            (Tensor divergence, Tensor slope) = Divergence.Of(
                expected.narrow(0, start, count),
                logits.narrow(0, start, count));
            results.narrow(0, start, count).copy_(divergence);
            slopes.narrow(0, start, count).copy_(slope.mul_(Kept(scale)));
        });
        transfer.Download(results, divergences);
    }

    /// <inheritdoc/>
    public void Adam(
        Matrix<float> weights, Matrix<float> gradient, Matrix<float>? mask, Matrix<float> mean, Matrix<float> square,
        AdamStep step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step.Number, 1);
        using Operation operation = Begin();
        Tensor w = operation.Open(weights);
        Tensor slope = operation.Open(gradient, weights.Rows, weights.Columns);
        Tensor? kept = mask is null ? null : operation.Open(mask, weights.Rows, weights.Columns);
        Tensor m = operation.Open(mean, weights.Rows, weights.Columns);
        Tensor v = operation.Open(square, weights.Rows, weights.Columns);
        var update = new AdamUpdate(step);
        chunks.Run(weights.Rows, weights.Columns, (start, count) =>
        {
            Tensor Rows(Tensor x) => x.narrow(0, start, count);
            update.Run(Rows(w), kept is null ? Rows(slope) : Rows(slope).mul(Rows(kept)), Rows(m), Rows(v));
        });
    }

    private void NormGradient(
        Matrix<float> x, bool centred, Matrix<float>? gain, float epsilon, Matrix<float> outputGradient,
        Matrix<float> inputGradient,
        Matrix<double>? gainGradient)
    {
        using Operation operation = Begin();
        Tensor source = operation.Open(x);
        Tensor dy = operation.Open(outputGradient, x.Rows, x.Columns);
        Tensor dx = operation.Open(inputGradient, x.Rows, x.Columns);
        int rows = Shapes.GainRows(x, gain, gainGradient);
        Tensor? gains = gain is null ? null : operation.Open(gain);
        Tensor? gainSlope = gainGradient is null ? null : operation.Open(gainGradient);
        Shapes.RequireApart(Overlap(x, inputGradient) || Overlap(outputGradient, inputGradient), nameof(inputGradient));
        chunks.Run(x.Rows / rows, (long)rows * x.Columns, (start, count) =>
        {
            Tensor Groups(Tensor all) => all.view(x.Rows / rows, rows, x.Columns).narrow(0, start, count);
            Tensor slope = Groups(dy);
            (Tensor normalized, Tensor scale) = Normalization.Normalize(Groups(source), centred, epsilon);
            Tensor g = gains is null ? slope : slope.mul(gains);
            Tensor away = g.sub(normalized.mul(Normalization.Mean(normalized.mul(g))));
            Groups(dx).copy_((centred ? away.sub_(Normalization.Mean(g)) : away).mul_(scale));
            gainSlope?.add_(normalized.mul_(slope).sum(0, type: torch.float64), One);
        });
    }
}
