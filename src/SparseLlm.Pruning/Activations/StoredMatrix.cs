using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Activations;

/// <summary>A matrix in a <see cref="MatrixStore"/>, in memory or in its file.</summary>
public sealed class StoredMatrix : IDisposable
{
    private readonly MatrixStore store;
    private Task<Matrix<float>>? ahead;
    private bool disposed;

    /// <summary>A matrix in memory, which the store owns from here on.</summary>
    internal StoredMatrix(MatrixStore store, Matrix<float> resident)
        : this(store, resident.Rows, resident.Columns, place: 0) => Resident = resident;

    /// <summary>A matrix in the file.</summary>
    internal StoredMatrix(MatrixStore store, int rows, int columns, long place) =>
        (this.store, Rows, Columns, Place) = (store, rows, columns, place);

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>The matrix, if it is in memory.</summary>
    internal Matrix<float>? Resident { get; }

    /// <summary>The first byte in the file, if it is there.</summary>
    internal long Place { get; }

    /// <summary>
    /// The matrix, for reading until the caller disposes it: the one in memory, which that leaves alone and which does
    /// not outlive this object, or a copy of what is in the file.
    /// </summary>
    public Matrix<float> Read()
    {
        if (ahead is null)
        {
            return Read(0, Rows);
        }

        Task<Matrix<float>> reading = ahead;
        ahead = null;
        return reading.GetAwaiter().GetResult();
    }

    /// <summary>Some rows, as <see cref="Read()"/> gives all of them.</summary>
    public Matrix<float> Read(int first, int count)
        => Resident is null ? store.Load(this, first, count) : Resident.Slice(first, count);

    /// <summary>Gives the matrix to the caller, who disposes it from here on, and disposes this object.</summary>
    public Matrix<float> Take()
    {
        Matrix<float> matrix = Resident ?? Read();
        disposed = true;
        store.Release(this);
        return matrix;
    }

    /// <summary>Begins to read what is in the file, so that it is there when it is asked for. Failures show
    /// then.</summary>
    public void ReadAhead()
    {
        if (Resident is null)
        {
            ahead ??= Task.Run(() => store.Load(this, 0, Rows));
        }
    }

    /// <summary>Puts the values of a matrix of its shape in its place.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">The store's file cannot be written.</exception>
    internal void Replace(Matrix<float> values) => store.Replace(this, values);

    /// <summary>Copies it into a matrix of its shape.</summary>
    public void CopyTo(Matrix<float> destination) => store.Load(this, 0, destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        if (ahead is not null)
        {
            // Its place in the file must not be given to another while it is read.
            Task.WaitAny([ahead], CancellationToken.None);
            if (ahead.IsCompletedSuccessfully)
            {
                ahead.Result.Dispose();
            }
        }

        Resident?.Dispose();
        store.Release(this);
    }
}
