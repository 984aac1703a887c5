using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Runtime.Kernels;

/// <summary>
/// Products of matrices with the same vectors, shared among threads. Rows are shared by their bytes, which is what they cost: rows of a pruned matrix have more or fewer.
/// One product at a time. The threads wait for the next product awake for some time before they sleep, so that between the products of one token they need not be woken.
/// </summary>
public sealed unsafe class VectorProducts : IDisposable
{
    private readonly WorkerTeam team;
    private readonly PaddedVectors padded = new();

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">How many, the caller's included; with one, none is started.</param>
    public VectorProducts(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        team = new WorkerTeam(threads);
    }

    /// <summary>Threads, the caller's included.</summary>
    public int Threads => team.Threads;

    /// <summary>
    /// results[v][row] = matrix[row] * vectors[v]. The bits depend neither on the number of threads nor on the number of vectors.
    /// </summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="vectors">One vector or a few, one behind the other.</param>
    /// <param name="results">As many numbers as the matrix has rows for each of them, one behind the other.</param>
    public void Multiply(WeightMatrix matrix, ReadOnlySpan<float> vectors, Span<float> results)
    {
        int count = vectors.Length / matrix.Columns;
        if (count == 0 || vectors.Length != (long)count * matrix.Columns || results.Length != count * matrix.Rows)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{vectors.Length} numbers are not vectors of {matrix.Columns}, or {results.Length} not as many results of {matrix.Rows}."));
        }

        fixed (float* y = results)
        {
            Multiply(matrix, padded.Copy(vectors, matrix.Columns), new Vectors(y, (nint)matrix.Rows, count));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        team.Dispose();
        padded.Dispose();
    }

    private void Multiply(WeightMatrix matrix, Vectors vectors, Vectors results)
    {
        if (Threads == 1)
        {
            matrix.Multiply(0, matrix.Rows, vectors, results);
        }
        else
        {
            long[] starts = matrix.ShareStarts;
            team.Run(starts.Length - 1, share => matrix.Multiply(starts[share], starts[share + 1], vectors, results));
        }
    }
}
