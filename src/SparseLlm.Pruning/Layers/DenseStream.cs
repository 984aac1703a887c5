using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Layers;

/// <summary>
/// The dense model's residual stream inside a decoder layer, block by block, on the chunks that fits may see: where
/// targets come from. It is kept before any norm of the sum, since that is what the last matrix of a block can repair.
/// </summary>
/// <param name="context">What the layer's prune works with.</param>
/// <param name="layer">The layer, for its norms: pruning leaves them as they are.</param>
/// <param name="stream">The stream, which is taken from the layer's input to its output.</param>
internal sealed class DenseStream(LayerContext context, DecoderLayer layer, ActivationStream stream) : IDisposable
{
    // Parallel blocks all need the layer's input.
    private readonly ActivationStream? parallelSums = layer.Definition.Wiring == Wiring.Parallel
        ? context.Chunks.Stream()
        : null;

    private ActivationStream Sums => parallelSums ?? stream;

    /// <summary>The residual stream before a block; the caller disposes it.</summary>
    public Matrix<float> Sum(int block, int chunk) =>
        block == 0 ? stream.Read(chunk) : layer.Blocks[block - 1].Complete(Sums.Read(chunk));

    /// <summary>What goes into a block's mixer, a new matrix.</summary>
    public Matrix<float> Input(int block, int chunk, Matrix<float> sum)
    {
        if (parallelSums is null)
        {
            return layer.Blocks[block].Input(sum);
        }

        using Matrix<float> x = stream.Read(chunk);
        return layer.Blocks[block].Input(x);
    }

    /// <summary>Goes on behind a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="sum">The stream before it.</param>
    /// <param name="output">What comes out of the dense mixer; taken over from the caller.</param>
    public void Add(int block, int chunk, Matrix<float> sum, Matrix<float> output)
        => Sums.Put(chunk, layer.Blocks[block].Add(sum, output));

    /// <summary>What a mixer has to give, so that the pruned stream behind its block is the dense one; a new
    /// matrix.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="sum">The pruned stream before the block that the dense stream is behind.</param>
    public Matrix<float> Missing(int chunk, Matrix<float> sum)
    {
        using Matrix<float> dense = Sums.Read(chunk);
        Matrix<float> missing = context.Backend.AllocateUninitialized<float>(sum.Rows, sum.Columns);
        float share = 1 / layer.Definition.ResidualMultiplier;
        context.Backend.Combine(share, dense, -share, sum, missing);
        return missing;
    }

    /// <summary>Makes the stream the layer's output.</summary>
    public void Complete()
    {
        Block last = layer.Blocks[^1];
        if (last.SumNorm is not null || parallelSums is not null)
        {
            context.ForEachChunk(chunk => stream.Put(chunk, last.Complete(Sums.Take(chunk))));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => parallelSums?.Dispose();
}
