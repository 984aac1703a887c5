using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Activations;

/// <summary>
/// The residual stream of all calibration windows at one depth of the model, in chunks of whole windows.
/// Chunks are the unit of every pass over the tokens, so memory for everything derived from them is bounded.
/// </summary>
public sealed class ActivationStream : IDisposable
{
    private readonly Matrix<float>?[] chunks;

    /// <summary>A stream of a number of chunks, to be filled.</summary>
    public ActivationStream(int count) => chunks = new Matrix<float>?[count];

    /// <summary>Number of chunks.</summary>
    public int Count => chunks.Length;

    /// <summary>
    /// One chunk, [tokens x channels]. The stream owns it: setting a chunk disposes what stood there, reading it does not
    /// give it away.
    /// </summary>
    public Matrix<float> this[int index]
    {
        get => chunks[index] ?? throw new InvalidOperationException($"chunk {index} is not filled");
        set
        {
            chunks[index]?.Dispose();
            chunks[index] = value;
        }
    }

    /// <summary>Gives a chunk to the caller, who disposes it from here on.</summary>
    public Matrix<float> Take(int index)
    {
        Matrix<float> chunk = this[index];
        chunks[index] = null;
        return chunk;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Matrix<float>? chunk in chunks)
        {
            chunk?.Dispose();
        }
    }
}
