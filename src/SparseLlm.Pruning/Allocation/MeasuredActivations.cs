using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Allocation;

/// <summary>
/// What is between the input and the output of a dense decoder layer on some windows, so that the layer can be run again from the stage at which one of its
/// matrices has changed.
/// </summary>
internal sealed class MeasuredActivations : IDisposable
{
    private readonly DecoderLayer layer;
    private readonly TokenChunks chunks;
    private readonly ActivationStream inputs;
    private readonly ActivationStream contexts;
    private readonly ActivationStream residuals;
    private readonly ActivationStream hidden;
    private readonly ActivationStream outputs;

    /// <summary>Runs a layer.</summary>
    /// <param name="layer">The layer as it is now.</param>
    /// <param name="chunks">The windows.</param>
    /// <param name="inputs">The layer's inputs, which stay the caller's.</param>
    public MeasuredActivations(DecoderLayer layer, TokenChunks chunks, ActivationStream inputs)
    {
        (this.layer, this.chunks, this.inputs) = (layer, chunks, inputs);
        (contexts, residuals, hidden, outputs) = (chunks.Stream(), chunks.Stream(), chunks.Stream(), chunks.Stream());
        for (int chunk = 0; chunk < Count; chunk++)
        {
            Run(chunk);
        }
    }

    /// <summary>Number of chunks.</summary>
    public int Count => chunks.Count;

    /// <summary>Number of channels of the output.</summary>
    public int Columns => outputs.Columns;

    /// <summary>The layer's output, [tokens x hidden], for reading until the caller disposes it.</summary>
    public Matrix<float> Output(int chunk) => outputs.Read(chunk);

    /// <summary>The layer's output with its matrices as they are now, if only those of one stage have changed; a new matrix.</summary>
    public Matrix<float> OutputFrom(LayerStage stage, int chunk)
    {
        switch (stage)
        {
            case LayerStage.AttentionProjections:
                using (Matrix<float> input = inputs.Read(chunk))
                {
                    return layer.Forward(input, chunks.SequenceLength);
                }

            case LayerStage.AttentionOutput:
                using (Matrix<float> input = inputs.Read(chunk))
                using (Matrix<float> context = contexts.Read(chunk))
                using (Matrix<float> changed = layer.AfterAttention(input, context))
                {
                    return layer.FeedForwardBlock(changed);
                }

            case LayerStage.FeedForwardProjections:
                using (Matrix<float> residual = residuals.Read(chunk))
                {
                    return layer.FeedForwardBlock(residual);
                }

            default:
                using (Matrix<float> residual = residuals.Read(chunk))
                using (Matrix<float> activations = hidden.Read(chunk))
                {
                    return layer.AfterFeedForward(residual, activations);
                }
        }
    }

    /// <summary>Puts the outputs in the place of the inputs.</summary>
    public void Advance()
    {
        for (int chunk = 0; chunk < Count; chunk++)
        {
            inputs.Put(chunk, outputs.Take(chunk));
        }
    }

    private void Run(int chunk)
    {
        using Matrix<float> input = inputs.Read(chunk);
        using Matrix<float> attentionInput = layer.AttentionInput(input);
        Matrix<float> context = layer.Attention.Context(attentionInput, chunks.SequenceLength);
        Matrix<float> residual = layer.AfterAttention(input, context);
        contexts.Put(chunk, context);
        using Matrix<float> feedForwardInput = layer.FeedForwardInput(residual);
        Matrix<float> activations = layer.FeedForward.Hidden(feedForwardInput);
        outputs.Put(chunk, layer.AfterFeedForward(residual, activations));
        residuals.Put(chunk, residual);
        hidden.Put(chunk, activations);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        contexts.Dispose();
        residuals.Dispose();
        hidden.Dispose();
        outputs.Dispose();
    }
}
