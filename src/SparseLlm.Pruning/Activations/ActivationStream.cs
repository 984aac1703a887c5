using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Activations;

/// <summary>
/// What there is of all calibration windows at one depth of the model, such as the residual stream, in chunks of whole
/// windows. Chunks are the unit of every pass over the tokens, and most of them may lie in the store's file: memory
/// does not grow with the number of tokens.
/// </summary>
/// <param name="store">Where the chunks are kept.</param>
/// <param name="count">How many there are; all are to be filled.</param>
public sealed class ActivationStream(MatrixStore store, int count) : IDisposable
{
    private readonly StoredMatrix?[] chunks = new StoredMatrix?[count];

    /// <summary>Number of chunks.</summary>
    public int Count => chunks.Length;

    /// <summary>Number of channels.</summary>
    public int Columns => Stored(0).Columns;

    /// <summary>
    /// One chunk, [tokens x channels], for reading until the caller disposes it, which leaves it in the stream. It does
    /// not outlive its place there. The next chunk is read ahead meanwhile.
    /// </summary>
    public Matrix<float> Read(int index)
    {
        Matrix<float> chunk = Stored(index).Read();
        if (index + 1 < Count)
        {
            chunks[index + 1]?.ReadAhead();
        }

        return chunk;
    }

    /// <summary>Some rows of a chunk, for reading until the caller disposes them.</summary>
    public Matrix<float> Read(int index, int first, int rows) => Stored(index).Read(first, rows);

    /// <summary>Gives a chunk to the caller, to change and to dispose.</summary>
    public Matrix<float> Take(int index)
    {
        Matrix<float> chunk = Stored(index).Take();
        chunks[index] = null;
        return chunk;
    }

    /// <summary>Takes over a chunk, in place of what stood there.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">It does not fit into memory, and the store's file cannot be
    /// written.</exception>
    public void Put(int index, Matrix<float> chunk)
    {
        Drop(index);
        chunks[index] = store.Keep(chunk);
    }

    /// <summary>Puts what becomes of some chunks in their places.</summary>
    /// <param name="indices">The chunks.</param>
    /// <param name="through">What becomes of one: a new matrix.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    internal void Advance(
        IEnumerable<int> indices, Func<Matrix<float>, Matrix<float>> through, CancellationToken cancellation)
    {
        foreach (int index in indices)
        {
            cancellation.ThrowIfCancellationRequested();
            using Matrix<float> x = Read(index);
            Put(index, through(x));
        }
    }

    /// <summary>Forgets a chunk that is not needed any more.</summary>
    public void Drop(int index)
    {
        chunks[index]?.Dispose();
        chunks[index] = null;
    }

    private StoredMatrix Stored(int index)
        => chunks[index] ?? throw new InvalidOperationException($"chunk {index} is not filled");

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int index = 0; index < Count; index++)
        {
            Drop(index);
        }
    }
}
