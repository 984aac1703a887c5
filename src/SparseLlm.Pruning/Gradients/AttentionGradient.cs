using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Gradients;

/// <summary>An attention block, from its input to its output projection, forward with what backward needs and back.
/// Sinks are constants.</summary>
internal sealed class AttentionGradient(
    IBackend backend,
    Attention attention,
    int sequenceLength,
    Func<Linear, Parameter?> weightOf) : MixerGradient
{
    private readonly LinearGradient query = new(backend, attention.Query, weightOf(attention.Query));
    private readonly LinearGradient key = new(backend, attention.Key, weightOf(attention.Key));
    private readonly LinearGradient value = new(backend, attention.Value, weightOf(attention.Value));
    private readonly LinearGradient output = new(backend, attention.Output, weightOf(attention.Output));
    private readonly NormGradient? queryNorm = attention.QueryNorm is null
        ? null
        : new NormGradient(backend, attention.QueryNorm);
    private readonly NormGradient? keyNorm = attention.KeyNorm is null
        ? null
        : new NormGradient(backend, attention.KeyNorm);

    // Kept from forward to backward: q and k before their norms, where there are some; q and k as rotated.
    private Matrix<float>? rawQ;
    private Matrix<float>? rawK;
    private Matrix<float>? q;
    private Matrix<float>? k;
    private Matrix<float>? v;
    private Matrix<float>? context;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters =>
    [
        .. query.Parameters, .. key.Parameters, .. value.Parameters, .. output.Parameters,
        .. queryNorm?.Parameters ?? [], .. keyNorm?.Parameters ?? [],
    ];

    /// <inheritdoc/>
    public override Matrix<float> Forward(Matrix<float> input)
    {
        Forget();
        q = attention.Query.Apply(input);
        k = attention.Key.Apply(input);
        v = attention.Value.Apply(input);
        if (attention.QueryNorm is not null)
        {
            rawQ = q;
            q = attention.QueryNorm.Apply(rawQ);
        }

        if (attention.KeyNorm is not null)
        {
            rawK = k;
            k = attention.KeyNorm.Apply(rawK);
        }

        context = attention.Attend(q, k, v, sequenceLength);
        return attention.Output.Apply(context);
    }

    /// <inheritdoc/>
    public override Matrix<float> Backward(Matrix<float> input, Matrix<float> dy)
    {
        output.Backward(context!, dy);
        using Matrix<float> contextGradient = output.InputGradient(dy);
        using Matrix<float> turnedQ = backend.AllocateUninitialized<float>(q!.Rows, q.Columns);
        using Matrix<float> turnedK = backend.AllocateUninitialized<float>(k!.Rows, k.Columns);
        using Matrix<float> dv = backend.AllocateUninitialized<float>(v!.Rows, v.Columns);
        backend.CausalAttentionGradient(
            q,
            k,
            v,
            attention.Sinks,
            contextGradient,
            attention.Shape(sequenceLength),
            turnedQ,
            turnedK,
            dv);
        attention.TurnBack(turnedQ, turnedK, sequenceLength);
        using Matrix<float>? normedQ = ThroughNorm(queryNorm, rawQ, turnedQ);
        using Matrix<float>? normedK = ThroughNorm(keyNorm, rawK, turnedK);
        Matrix<float> dq = normedQ ?? turnedQ;
        Matrix<float> dk = normedK ?? turnedK;

        query.Backward(input, dq);
        key.Backward(input, dk);
        value.Backward(input, dv);
        Matrix<float> dx = query.InputGradient(dq);
        key.AddInputGradient(dk, dx);
        value.AddInputGradient(dv, dx);
        return dx;
    }

    private static Matrix<float>? ThroughNorm(NormGradient? norm, Matrix<float>? x, Matrix<float> dy)
    {
        norm?.Begin();
        return norm?.Backward(x!, dy);
    }

    /// <inheritdoc/>
    public override void Forget()
    {
        rawQ?.Dispose();
        rawK?.Dispose();
        q?.Dispose();
        k?.Dispose();
        v?.Dispose();
        context?.Dispose();
        rawQ = rawK = q = k = v = context = null;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Forget();
        query.Dispose();
        key.Dispose();
        value.Dispose();
        output.Dispose();
        queryNorm?.Dispose();
        keyNorm?.Dispose();
    }
}
