using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Methods.Sweeps;

/// <summary>The weights and biases of a feed-forward block at one moment, to go back to.</summary>
internal sealed class FeedForwardSnapshot : IDisposable
{
    private readonly IBackend backend;
    private readonly FeedForward block;

    /// <summary>Copies a block.</summary>
    public FeedForwardSnapshot(IBackend backend, FeedForward block)
    {
        this.backend = backend;
        this.block = block;
        Copy = new FeedForward(
            backend, block.Definition, block.Gate is { } gate ? Clone(gate) : null, Clone(block.Up), Clone(block.Down));
    }

    /// <summary>The block as it was.</summary>
    public FeedForward Copy { get; }

    /// <summary>Gives the block its weights and biases back.</summary>
    public void Restore()
    {
        Restore(Copy.Up, block.Up);
        Restore(Copy.Down, block.Down);
        if (block.Gate is not null)
        {
            Restore(Copy.Gate!, block.Gate);
        }
    }

    private void Restore(Linear source, Linear destination)
    {
        backend.Copy(source.Weight, destination.Weight);
        if (source.Bias is not null)
        {
            backend.Copy(source.Bias, destination.Bias!);
        }
    }

    private Linear Clone(Linear linear) =>
        new(backend, linear.Definition, Clone(linear.Weight), linear.Bias is null ? null : Clone(linear.Bias));

    private Matrix<float> Clone(Matrix<float> matrix)
    {
        Matrix<float> copy = backend.AllocateUninitialized<float>(matrix.Rows, matrix.Columns);
        backend.Copy(matrix, copy);
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose() => Copy.Dispose();
}
