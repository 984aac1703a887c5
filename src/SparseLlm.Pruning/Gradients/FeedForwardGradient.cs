using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Gradients;

/// <summary>A feed-forward block, forward with what backward needs and back.</summary>
internal sealed class FeedForwardGradient(
    IBackend backend,
    FeedForward feedForward,
    Func<Linear, Parameter?> weightOf) : MixerGradient
{
    private readonly LinearGradient? gate =
        feedForward.Gate is null ? null : new LinearGradient(backend, feedForward.Gate, weightOf(feedForward.Gate));

    private readonly LinearGradient up = new(backend, feedForward.Up, weightOf(feedForward.Up));
    private readonly LinearGradient down = new(backend, feedForward.Output, weightOf(feedForward.Output));

    // Kept from forward to backward.
    private Matrix<float>? gates;
    private Matrix<float>? ups;
    private Matrix<float>? hidden;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters
        => [.. gate?.Parameters ?? [], .. up.Parameters, .. down.Parameters];

    /// <inheritdoc/>
    public override Matrix<float> Forward(Matrix<float> input)
    {
        Forget();
        hidden = feedForward.Up.Apply(input);
        gates = feedForward.Gate?.Apply(input);
        ups = feedForward.Definition.Activation.NeedsPreactivations(isGated: gates is not null)
            ? backend.CopyOf(hidden)
            : null;
        feedForward.Definition.Activation.Apply(backend, gates, hidden);
        return feedForward.Output.Apply(hidden);
    }

    /// <inheritdoc/>
    public override Matrix<float> Backward(Matrix<float> input, Matrix<float> dy)
    {
        down.Backward(hidden!, dy);
        using Matrix<float> slope = down.InputGradient(dy);
        using Matrix<float>? gateSlope = gates is null
            ? null
            : backend.AllocateUninitialized<float>(slope.Rows, slope.Columns);
        feedForward.Definition.Activation.Backward(backend, gates, ups ?? hidden!, slope, gateSlope);
        up.Backward(input, slope);
        gate?.Backward(input, gateSlope!);
        Matrix<float> dx = up.InputGradient(slope);
        gate?.AddInputGradient(gateSlope!, dx);
        return dx;
    }

    /// <inheritdoc/>
    public override void Forget()
    {
        gates?.Dispose();
        ups?.Dispose();
        hidden?.Dispose();
        gates = ups = hidden = null;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Forget();
        gate?.Dispose();
        up.Dispose();
        down.Dispose();
    }
}
