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
    public void LayerNorm(Matrix<float> x, Matrix<float>? gain, Matrix<float>? bias, float epsilon, Matrix<float> destination) =>
        Normalize(x, centred: true, gain, bias, epsilon, destination);

    /// <inheritdoc/>
    public void RmsNorm(Matrix<float> x, Matrix<float> gain, float epsilon, Matrix<float> destination) =>
        Normalize(x, centred: false, gain, null, epsilon, destination);

    /// <inheritdoc/>
    public void ApplyRotary(Matrix<float> x, int heads, Matrix<float> cosines, Matrix<float> sines)
    {
        using Operation operation = Begin();
        Tensor tokens = operation.Open(x);
        int pairs = Shapes.RotaryWidth(x, heads, cosines) / 2;
        int length = cosines.Rows;
        Tensor cosine = operation.Open(cosines, length, pairs).unsqueeze(1);
        Tensor sine = operation.Open(sines, length, pairs).unsqueeze(1);
        Tensor sequences = tokens.view(-1, length, heads, 2 * pairs);
        chunks.Run(x.Rows / length, (long)length * x.Columns, (start, count) =>
        {
            Tensor channels = sequences.narrow(0, start, count);
            Tensor lower = channels.narrow(3, 0, pairs);
            Tensor upper = channels.narrow(3, pairs, pairs);
            Tensor turnedLower = lower * cosine - upper * sine;
            Tensor turnedUpper = upper * cosine + lower * sine;
            lower.copy_(turnedLower);
            upper.copy_(turnedUpper);
        });
    }

    /// <inheritdoc/>
    public void CausalAttention(
        Matrix<float> q, Matrix<float> k, Matrix<float> v, int heads, int keyValueHeads, int sequenceLength, int window,
        Matrix<float> context)
    {
        using Operation operation = Begin();
        Tensor queries = operation.Open(q);
        int width = Shapes.AttentionWidth(q, heads, keyValueHeads, sequenceLength, window);
        Shapes.RequireApart(Overlap(q, context) || Overlap(k, context) || Overlap(v, context), nameof(context));
        Tensor keys = operation.Open(k, q.Rows, keyValueHeads * width);
        Tensor values = operation.Open(v, q.Rows, keyValueHeads * width);
        Tensor result = operation.Open(context, q.Rows, q.Columns);
        var attention = new CausalAttention(new AttentionHeads(keyValueHeads, heads / keyValueHeads, width, sequenceLength, window));
        attention.Run(chunks, queries, keys, values, result, sequenceLength);
    }

    /// <inheritdoc/>
    public void Relu(Matrix<float> x, Matrix<float> destination)
    {
        using Operation operation = Begin();
        Tensor source = operation.Open(x);
        chunks.Map(operation.Open(destination, x.Rows, x.Columns), source, rows => rows.relu());
    }

    /// <inheritdoc/>
    public void SwiGlu(Matrix<float> gate, Matrix<float> up, Matrix<float> destination)
    {
        using Operation operation = Begin();
        Tensor gates = operation.Open(gate);
        Tensor ups = operation.Open(up, gate.Rows, gate.Columns);
        chunks.Map(operation.Open(destination, gate.Rows, gate.Columns), gates, ups, (s, y) => s.silu().mul_(y));
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
        Matrix<float> x, bool centred, Matrix<float>? gain, Matrix<float>? bias, float epsilon, Matrix<float> destination)
    {
        using Operation operation = Begin();
        Tensor source = operation.Open(x);
        Tensor? gains = gain is null ? null : operation.Open(gain, 1, x.Columns);
        Tensor? biases = bias is null ? null : operation.Open(bias, 1, x.Columns);
        chunks.Map(operation.Open(destination, x.Rows, x.Columns), source, rows =>
        {
            Tensor normalized = Normalization.Normalize(rows, centred, epsilon).Rows;
            Tensor scaled = gains is null ? normalized : normalized.mul(gains);
            return biases is null ? scaled : scaled.add(biases);
        });
    }
}
