using System.Globalization;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Runtime.Kernels;

/// <summary>
/// Products of matrices with the same vectors, shared among a backend's threads, one product at a time. A few vectors
/// meet the weights as those are stored, and rows are shared by their bytes, which is what they cost then. For many,
/// weights are unpacked into tiles that stay in the cache, each once for some hundred vectors, and multiplied as dense
/// matrices are.
/// </summary>
internal sealed unsafe class VectorProducts : IDisposable
{
    /// <summary>As many vectors at most are few.</summary>
    internal const int Few = 16;

    private readonly CpuBackend backend;
    private readonly PaddedVectors padded = new();

    /// <summary>Products on a backend's threads.</summary>
    /// <param name="backend">The backend, which has to be there as long as this.</param>
    public VectorProducts(CpuBackend backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        this.backend = backend;
    }

    /// <summary>
    /// results[v][row] = matrix[row] * vectors[v]. The bits do not depend on the number of threads, nor on that of
    /// vectors, except for whether they are few or many.
    /// </summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="vectors">One vector or several, one behind the other.</param>
    /// <param name="results">As many numbers as the matrix has rows for each of them, one behind the other.</param>
    public void Multiply(WeightMatrix matrix, ReadOnlySpan<float> vectors, Span<float> results)
    {
        int count = vectors.Length / matrix.Columns;
        if (count == 0 || vectors.Length != (long)count * matrix.Columns || results.Length != count * matrix.Rows)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"{vectors.Length} numbers are not vectors of {matrix.Columns}, or {results.Length} not as many "
                + $"results of {matrix.Rows}."));
        }

        fixed (float* x = vectors, y = results)
        {
            if (count <= Few)
            {
                MultiplyFew(matrix, padded.Copy(vectors, matrix), new Vectors(y, (nint)matrix.Rows, count));
            }
            else
            {
                backend.Products.MultiplyTiles(
                    new View<float>(x, count, matrix.Columns), (row, column, tile) => matrix.Expand(
                        row,
                        column,
                        tile), new View<float>(y, count, (int)matrix.Rows));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => padded.Dispose();

    private void MultiplyFew(WeightMatrix matrix, Vectors vectors, Vectors results)
    {
        if (backend.Team.Threads == 1)
        {
            matrix.Multiply(0, matrix.Rows, vectors, results);
        }
        else
        {
            long[] starts = matrix.ShareStarts;
            backend.Team
                .Run(starts.Length - 1, share => matrix.Multiply(starts[share], starts[share + 1], vectors, results));
        }
    }
}
