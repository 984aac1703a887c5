using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Allocation;

/// <summary>Everything between the input and the output of a decoder layer on a chunk of tokens.</summary>
internal sealed class LayerActivations : IDisposable
{
    private readonly Matrix<float> attentionInput;
    private readonly Matrix<float> context;
    private readonly Matrix<float> residual;
    private readonly Matrix<float> feedForwardInput;
    private readonly Matrix<float> hidden;
    private Matrix<float>? output;

    /// <summary>Runs a layer.</summary>
    /// <param name="layer">The layer as it is now.</param>
    /// <param name="input">Its input [tokens x hidden], whole sequences; not owned.</param>
    /// <param name="sequenceLength">Tokens per sequence.</param>
    public LayerActivations(DecoderLayer layer, Matrix<float> input, int sequenceLength)
    {
        attentionInput = layer.AttentionInput(input);
        context = layer.Attention.Context(attentionInput, sequenceLength);
        residual = layer.AfterAttention(input, context);
        feedForwardInput = layer.FeedForwardInput(residual);
        hidden = layer.FeedForward.Hidden(feedForwardInput);
        output = layer.AfterFeedForward(residual, hidden);
    }

    /// <summary>Gives the output to the caller, who disposes it from here on.</summary>
    public Matrix<float> TakeOutput()
    {
        Matrix<float> taken = output ?? throw new InvalidOperationException("the output has been taken");
        output = null;
        return taken;
    }

    /// <summary>The linear layers of a stage.</summary>
    public static IEnumerable<Linear> LinearsOf(DecoderLayer layer, LayerStage stage)
    {
        (Attention attention, FeedForward feedForward) = (layer.Attention, layer.FeedForward);
        return stage switch
        {
            LayerStage.AttentionProjections => [attention.Query, attention.Key, attention.Value],
            LayerStage.AttentionOutput => [attention.Output],
            LayerStage.FeedForwardProjections => feedForward.Gate is { } gate ? [gate, feedForward.Up] : [feedForward.Up],
            _ => [feedForward.Down],
        };
    }

    /// <summary>What the linear layers of a stage take in, [tokens x inputs].</summary>
    public Matrix<float> InputOf(LayerStage stage) => stage switch
    {
        LayerStage.AttentionProjections => attentionInput,
        LayerStage.AttentionOutput => context,
        LayerStage.FeedForwardProjections => feedForwardInput,
        _ => hidden,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        attentionInput.Dispose();
        context.Dispose();
        residual.Dispose();
        feedForwardInput.Dispose();
        hidden.Dispose();
        output?.Dispose();
    }
}
