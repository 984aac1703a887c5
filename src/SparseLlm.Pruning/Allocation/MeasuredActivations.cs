using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Allocation;

/// <summary>
/// What is between the input and the output of a dense decoder layer on some windows, so that the layer can be run
/// again from the stage at which one of its matrices has changed.
/// </summary>
internal sealed class MeasuredActivations : IDisposable
{
    private readonly IBackend backend;
    private readonly DecoderLayer layer;
    private readonly TokenChunks chunks;
    private readonly ActivationStream inputs;
    private readonly ActivationStream outputs;

    // Of each block with stages: the residual stream before it (of the first, that is the layer's input), and the input
    // of its output projection.
    private readonly ActivationStream[] sums;
    private readonly ActivationStream[] hidden;

    /// <summary>Runs a layer.</summary>
    /// <param name="backend">Where everything lives.</param>
    /// <param name="layer">The layer as it is now.</param>
    /// <param name="chunks">The windows.</param>
    /// <param name="inputs">The layer's inputs, which stay the caller's.</param>
    public MeasuredActivations(IBackend backend, DecoderLayer layer, TokenChunks chunks, ActivationStream inputs)
    {
        (this.backend, this.layer, this.chunks, this.inputs) = (backend, layer, chunks, inputs);
        outputs = chunks.Stream();
        sums = [.. layer.Blocks.Select(_ => chunks.Stream())];
        hidden = [.. layer.Blocks.Select(_ => chunks.Stream())];
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

    /// <summary>The layer's output with its matrices as they are now, if only those of one stage have changed; a new
    /// matrix.</summary>
    public Matrix<float> OutputFrom(Stage stage, int chunk)
    {
        int block = stage.Block;
        using Matrix<float> input = inputs.Read(chunk);
        using Matrix<float> sum = (block == 0 ? inputs : sums[block]).Read(chunk);
        if (!stage.IsOutput)
        {
            return layer.ForwardFrom(block, input, sum, chunks.SequenceLength);
        }

        using Matrix<float> kept = hidden[block].Read(chunk);
        Matrix<float> behind = layer.Behind(block, sum, stage.Mixer.Output.Apply(kept));
        if (block == layer.Blocks.Count - 1)
        {
            return behind;
        }

        using (behind)
        {
            return layer.ForwardFrom(block + 1, input, behind, chunks.SequenceLength);
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
        outputs.Put(chunk, layer.Forward(input, chunks.SequenceLength, (stage, sum, stageInput) =>
        {
            if (stage.IsOutput)
            {
                hidden[stage.Block].Put(chunk, backend.CopyOf(stageInput));
            }
            else if (stage.Block > 0)
            {
                sums[stage.Block].Put(chunk, backend.CopyOf(sum));
            }
        }));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ActivationStream stream in sums.Concat(hidden).Append(outputs))
        {
            stream.Dispose();
        }
    }
}
