using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tuning;

/// <summary>An attention block, from its input to its output projection, forward with what backward needs and back.</summary>
internal sealed class AttentionGradient(IBackend backend, Attention attention, int sequenceLength, Func<Linear, bool> isTrained) : IDisposable
{
    private readonly LinearGradient query = new(backend, attention.Query, isTrained(attention.Query));
    private readonly LinearGradient key = new(backend, attention.Key, isTrained(attention.Key));
    private readonly LinearGradient value = new(backend, attention.Value, isTrained(attention.Value));
    private readonly LinearGradient output = new(backend, attention.Output, isTrained(attention.Output));

    // Kept from forward to backward; q and k as rotated.
    private Matrix<float>? q;
    private Matrix<float>? k;
    private Matrix<float>? v;
    private Matrix<float>? context;

    /// <summary>What is trained of the block.</summary>
    public IEnumerable<Parameter> Parameters =>
        [.. query.Parameters, .. key.Parameters, .. value.Parameters, .. output.Parameters];

    /// <summary>The block's output for its input [tokens x hidden], a new matrix.</summary>
    public Matrix<float> Forward(Matrix<float> input)
    {
        Forget();
        q = attention.Query.Apply(input);
        k = attention.Key.Apply(input);
        v = attention.Value.Apply(input);
        context = attention.Attend(q, k, v, sequenceLength);
        return attention.Output.Apply(context);
    }

    /// <summary>Writes all gradients; returns that of the input, a new matrix.</summary>
    /// <param name="input">The input of <see cref="Forward"/>.</param>
    /// <param name="dy">The output's gradient, [tokens x hidden].</param>
    public Matrix<float> Backward(Matrix<float> input, Matrix<float> dy)
    {
        output.Backward(context!, dy);
        using Matrix<float> contextGradient = output.InputGradient(dy);
        using Matrix<float> dq = backend.AllocateUninitialized<float>(q!.Rows, q.Columns);
        using Matrix<float> dk = backend.AllocateUninitialized<float>(k!.Rows, k.Columns);
        using Matrix<float> dv = backend.AllocateUninitialized<float>(v!.Rows, v.Columns);
        AttentionDefinition definition = attention.Definition;
        backend.CausalAttentionGradient(
            q, k, v, contextGradient, definition.Heads, definition.KeyValueHeads, sequenceLength, definition.Window, dq, dk, dv);
        attention.RotateBack(dq, dk, sequenceLength);

        query.Backward(input, dq);
        key.Backward(input, dk);
        value.Backward(input, dv);
        Matrix<float> dx = query.InputGradient(dq);
        key.AddInputGradient(dk, dx);
        value.AddInputGradient(dv, dx);
        return dx;
    }

    private void Forget()
    {
        q?.Dispose();
        k?.Dispose();
        v?.Dispose();
        context?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        query.Dispose();
        key.Dispose();
        value.Dispose();
        output.Dispose();
    }
}
