using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Layers;

/// <summary>
/// The pruned model's residual stream inside a decoder layer, block by block, on the chunks that fits may see. The
/// layer's input stays as it is until the layer is done.
/// </summary>
/// <param name="context">What the layer's prune works with.</param>
/// <param name="layer">The layer, as it is pruned.</param>
/// <param name="inputs">Its input.</param>
internal sealed class ResidualStream(LayerContext context, DecoderLayer layer, ActivationStream inputs) : IDisposable
{
    // Before the current block; the first block's is the layer's input.
    private readonly ActivationStream sums = context.Chunks.Stream();
    private int block;

    /// <summary>The residual stream before the current block, for reading until the caller disposes it.</summary>
    public Matrix<float> Sum(int chunk) => (block == 0 ? inputs : sums).Read(chunk);

    /// <summary>What goes into the current block's mixer, a new matrix.</summary>
    public Matrix<float> Input(int chunk)
    {
        using Matrix<float> x = layer.Definition.Wiring == Wiring.Parallel ? inputs.Read(chunk) : Sum(chunk);
        return layer.Blocks[block].Input(x);
    }

    /// <summary>Goes on to the next block.</summary>
    /// <param name="output">What comes out of the current block's mixer, chunk by chunk: new matrices.</param>
    public void Advance(Func<int, Matrix<float>> output)
    {
        context.ForEachChunk(chunk =>
        {
            using Matrix<float> sum = Sum(chunk);
            sums.Put(chunk, layer.Behind(block, sum, output(chunk)));
        });
        block++;
    }

    /// <summary>Computes the stream before the current block anew, with the matrices as they are now.</summary>
    public void Restart() => context.ForEachChunk(chunk =>
    {
        using Matrix<float> x = inputs.Read(chunk);
        sums.Put(chunk, layer.Before(block, x, context.Chunks.SequenceLength));
    });

    /// <summary>The layer's output, from the current block on; a new matrix. The stream forgets the chunk.</summary>
    public Matrix<float> Output(int chunk)
    {
        using Matrix<float> x = inputs.Read(chunk);
        using Matrix<float> sum = Sum(chunk);
        Matrix<float> output = layer.ForwardFrom(block, x, sum, context.Chunks.SequenceLength);
        sums.Drop(chunk);
        return output;
    }

    /// <inheritdoc/>
    public void Dispose() => sums.Dispose();
}
