using SparseLlm.Numerics.TorchSharp.Memory;
using SparseLlm.Numerics.TorchSharp.Transformer;

namespace SparseLlm.Numerics.TorchSharp;

public sealed partial class TorchBackend
{
    /// <inheritdoc/>
    public void Embed(Matrix<float> table, ReadOnlySpan<int> ids, Matrix<float> destination)
    {
        using Operation operation = Begin();
        Tensor rows = operation.Open(table);
        Tensor target = operation.Open(destination, ids.Length, table.Columns);
        Shapes.RequireTokens(ids, table.Rows, nameof(ids));
        chunks.Map(target, transfer.Vector(ids), tokens => rows.index_select(0, tokens));
    }

    /// <inheritdoc/>
    public void LayerNorm(
        Matrix<float> x,
        Matrix<float>? gain,
        Matrix<float>? bias,
        float epsilon,
        Matrix<float> destination) =>
        Normalize(x, centred: true, gain, bias, epsilon, destination);

    /// <inheritdoc/>
    public void RmsNorm(Matrix<float> x, Matrix<float>? gain, float epsilon, Matrix<float> destination) =>
        Normalize(x, centred: false, gain, null, epsilon, destination);

    /// <inheritdoc/>
    public void ApplyRotary(
        Matrix<float> x,
        int heads,
        RotaryPairing pairing,
        Matrix<float> cosines,
        Matrix<float> sines)
    {
        using Operation operation = Begin();
        Tensor tokens = operation.Open(x);
        Shapes.RequireRotary(x, heads, cosines);
        int pairs = cosines.Columns;
        int length = cosines.Rows;
        Tensor cosine = operation.Open(cosines).unsqueeze(1);
        Tensor sine = operation.Open(sines, length, pairs).unsqueeze(1);
        Tensor sequences = tokens.view(-1, length, heads, x.Columns / heads);
        chunks.Run(x.Rows / length, (long)length * x.Columns, (start, count) =>
        {
            Tensor channels = sequences.narrow(0, start, count);
            (Tensor first, Tensor second) = pairing == RotaryPairing.HalfSplit
                ? (channels.narrow(3, 0, pairs), channels.narrow(3, pairs, pairs))
                : (channels.slice(3, 0, 2L * pairs, 2), channels.slice(3, 1, 2L * pairs, 2));
            Tensor turnedFirst = first.mul(cosine).sub_(second.mul(sine));
            Tensor turnedSecond = second.mul(cosine).add_(first.mul(sine), One);
            first.copy_(turnedFirst);
            second.copy_(turnedSecond);
        });
    }

    /// <inheritdoc/>
    public void CausalAttention(
        Matrix<float> q, Matrix<float> k, Matrix<float> v, AttentionShape shape, Matrix<float>? sinks,
        Matrix<float> context)
    {
        using Operation operation = Begin();
        Tensor queries = operation.Open(q);
        int width = Shapes.AttentionWidth(q, shape);
        Shapes.RequireApart(
            Overlap(q, context) || Overlap(k, context) || Overlap(v, context)
                || Overlap(sinks ?? q, context), nameof(context));
        Tensor keys = operation.Open(k, q.Rows, shape.KeyValueHeads * width);
        Tensor values = operation.Open(v, q.Rows, shape.KeyValueHeads * width);
        Tensor? sink = sinks is null ? null : operation.Open(sinks, 1, shape.Heads);
        Tensor result = operation.Open(context, q.Rows, q.Columns);
        new CausalAttention(new AttentionHeads(shape, width, sink)).Run(
            chunks,
            queries,
            keys,
            values,
            result,
            shape.SequenceLength);
    }

    /// <inheritdoc/>
    public void Activate(Nonlinearity f, Matrix<float> x, Matrix<float> destination)
    {
        using Operation operation = Begin();
        Tensor source = operation.Open(x);
        chunks.Map(operation.Open(destination, x.Rows, x.Columns), source, Activation.Of(f).Value);
    }

    /// <inheritdoc/>
    public void ActivateGated(Nonlinearity f, Matrix<float> gate, Matrix<float> up, Matrix<float> destination)
    {
        using Operation operation = Begin();
        Tensor gates = operation.Open(gate);
        Tensor ups = operation.Open(up, gate.Rows, gate.Columns);
        chunks.Map(operation.Open(destination, gate.Rows, gate.Columns), gates, ups, GatedActivation.Of(f).Value);
    }

    /// <inheritdoc/>
    public void SoftCap(Matrix<float> x, float cap, Matrix<float> destination)
    {
        Shapes.RequireCap(cap);
        using Operation operation = Begin();
        Tensor source = operation.Open(x);
        chunks.Map(
            operation.Open(destination, x.Rows, x.Columns),
            source,
            rows => rows.div(Kept(cap)).tanh_().mul_(Kept(cap)));
    }

    /// <inheritdoc/>
    public void CrossEntropy(Matrix<float> logits, ReadOnlySpan<int> targets, Span<double> losses)
    {
        using Operation operation = Begin();
        Tensor rows = operation.Open(logits);
        Shapes.RequireLength(targets.Length, logits.Rows, nameof(targets));
        Shapes.RequireLength(losses.Length, logits.Rows, nameof(losses));
        Shapes.RequireTokens(targets, logits.Columns, nameof(targets));
        Tensor expected = transfer.Vector(targets).@long().unsqueeze(1);
        Tensor results = torch.empty(logits.Rows, 1L, torch.float64, device);
        chunks.Map(results, rows, expected, (x, target) =>
        {
            Softmax softmax = Softmax.Of(x);
            return softmax.LogSum.sub_(x.gather(1, target));
        });
        transfer.Download(results, losses);
    }

    private void Normalize(
        Matrix<float> x, bool centred, Matrix<float>? gain, Matrix<float>? bias, float epsilon,
        Matrix<float> destination)
    {
        using Operation operation = Begin();
        Tensor source = operation.Open(x);
        int rows = Shapes.GainRows(x, gain, bias);
        Tensor? gains = gain is null ? null : operation.Open(gain);
        Tensor? biases = bias is null ? null : operation.Open(bias);
        Tensor target = operation.Open(destination, x.Rows, x.Columns);
        if (kernels is not null)
        {
            kernels.Normalization.Run(source, centred, gains, biases, epsilon, target);
            return;
        }

        chunks.Run(x.Rows / rows, (long)rows * x.Columns, (start, count) =>
        {
            Tensor Groups(Tensor all) => all.view(x.Rows / rows, rows, x.Columns).narrow(0, start, count);
            Tensor normalized = Normalization.Normalize(Groups(source), centred, epsilon).Rows;
            Tensor scaled = gains is null ? normalized : normalized.mul(gains);
            Groups(target).copy_(biases is null ? scaled : scaled.add(biases, One));
        });
    }
}
