using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Methods.Sweeps;

/// <summary>The weights and biases of a feed-forward block at one moment.</summary>
internal sealed class FeedForwardSnapshot : IDisposable
{
    private readonly IBackend backend;
    private readonly FeedForward block;
    private readonly Dictionary<TensorSlice, StoredMatrix> values;

    /// <summary>Copies a block.</summary>
    /// <param name="backend">Where it lives.</param>
    /// <param name="store">Where the copy is kept.</param>
    /// <param name="block">The block, which stays the caller's.</param>
    public FeedForwardSnapshot(IBackend backend, MatrixStore store, FeedForward block)
    {
        this.backend = backend;
        this.block = block;
        values = block.Parameters
            .ToDictionary(parameter => parameter.Slice, parameter => store.KeepCopy(parameter.Values));
    }

    /// <summary>The block as it was, for reading until the caller disposes it.</summary>
    public FeedForward Read() => new(
        backend,
        block.Definition,
        block.Gate is { } gate ? Read(gate) : null,
        Read(block.Up),
        Read(block.Output));

    /// <summary>Gives a linear layer of the block the weight that it had.</summary>
    public void RestoreWeight(Linear linear) => values[linear.Definition.Weight].CopyTo(linear.Weight);

    private Linear Read(Linear linear) => new(
        backend,
        linear.Definition,
        values[linear.Definition.Weight].Read(),
        linear.Bias is null ? null : values[linear.Definition.Bias!].Read());

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (StoredMatrix matrix in values.Values)
        {
            matrix.Dispose();
        }
    }
}
