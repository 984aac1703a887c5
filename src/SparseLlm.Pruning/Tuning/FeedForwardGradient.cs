using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tuning;

/// <summary>A feed-forward block, forward with what backward needs and back.</summary>
internal sealed class FeedForwardGradient(IBackend backend, FeedForward feedForward, Func<Linear, bool> isTrained) : IDisposable
{
    private readonly LinearGradient? gate =
        feedForward.Gate is null ? null : new LinearGradient(backend, feedForward.Gate, isTrained(feedForward.Gate));

    private readonly LinearGradient up = new(backend, feedForward.Up, isTrained(feedForward.Up));
    private readonly LinearGradient down = new(backend, feedForward.Down, isTrained(feedForward.Down));

    // Kept from forward to backward; pre-activations only where there is a gate: of a ReLU, its output says enough.
    private Matrix<float>? gates;
    private Matrix<float>? ups;
    private Matrix<float>? hidden;

    /// <summary>What is trained of the block.</summary>
    public IEnumerable<Parameter> Parameters => [.. gate?.Parameters ?? [], .. up.Parameters, .. down.Parameters];

    /// <summary>The block's output for its input [tokens x hidden], a new matrix.</summary>
    public Matrix<float> Forward(Matrix<float> input)
    {
        Forget();
        hidden = feedForward.Up.Apply(input);
        if (feedForward.Gate is not null)
        {
            gates = feedForward.Gate.Apply(input);
            ups = backend.AllocateUninitialized<float>(hidden.Rows, hidden.Columns);
            backend.Copy(hidden, ups);
        }

        feedForward.Activate(gates, hidden);
        return feedForward.Down.Apply(hidden);
    }

    /// <summary>Writes all gradients; returns that of the input, a new matrix.</summary>
    /// <param name="input">The input of <see cref="Forward"/>.</param>
    /// <param name="dy">The output's gradient, [tokens x hidden].</param>
    public Matrix<float> Backward(Matrix<float> input, Matrix<float> dy)
    {
        down.Backward(hidden!, dy);
        using Matrix<float> slope = down.InputGradient(dy);
        if (gate is null)
        {
            backend.ReluGradient(hidden!, slope, slope);
            up.Backward(input, slope);
            return up.InputGradient(slope);
        }

        using Matrix<float> gateSlope = backend.AllocateUninitialized<float>(slope.Rows, slope.Columns);
        backend.SwiGluGradient(gates!, ups!, slope, gateSlope, slope);
        up.Backward(input, slope);
        gate.Backward(input, gateSlope);
        Matrix<float> dx = up.InputGradient(slope);
        gate.AddInputGradient(gateSlope, dx);
        return dx;
    }

    private void Forget()
    {
        gates?.Dispose();
        ups?.Dispose();
        hidden?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        gate?.Dispose();
        up.Dispose();
        down.Dispose();
    }
}
