using System.Runtime.InteropServices;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Activations;

/// <summary>
/// Keeps matrices in memory up to a budget, and those beyond it in a temporary file. A matrix stays where it was put:
/// passes go over all chunks of tokens in the same order again and again, so that one put into memory in place of
/// another would be gone when its turn comes. What is computed does not depend on the budget. Matrices are kept and
/// disposed of by one thread.
/// </summary>
public sealed class MatrixStore : IDisposable
{
    private readonly IBackend backend;
    private readonly long budget;
    private readonly Func<SpillFile> open;
    private SpillFile? file;

    /// <summary>A store.</summary>
    /// <param name="backend">Where matrices in memory live.</param>
    /// <param name="budget">How many bytes of matrices may be in memory; by default, all of them.</param>
    /// <param name="directory">Where the temporary file is made when it is needed; by default the system's place for
    /// such files.</param>
    public MatrixStore(IBackend backend, long budget = long.MaxValue, string? directory = null)
        : this(backend, budget, () => SpillFile.Create(directory ?? Path.GetTempPath()))
    {
    }

    internal MatrixStore(IBackend backend, long budget, Func<SpillFile> open)
        => (this.backend, this.budget, this.open) = (backend, budget, open);

    /// <summary>Bytes of matrices in memory.</summary>
    public long ResidentBytes { get; private set; }

    /// <summary>The most bytes of matrices that have been in memory at once.</summary>
    public long PeakResidentBytes { get; private set; }

    /// <summary>Bytes that have been written to the file, over all the time.</summary>
    public long SpilledBytes { get; private set; }

    /// <summary>Takes over a matrix.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">It does not fit into memory, and the file cannot be
    /// written.</exception>
    public StoredMatrix Keep(Matrix<float> matrix)
    {
        if (!Fits(matrix))
        {
            using (matrix)
            {
                return Spill(matrix);
            }
        }

        ResidentBytes += Bytes(matrix);
        PeakResidentBytes = Math.Max(PeakResidentBytes, ResidentBytes);
        return new StoredMatrix(this, matrix);
    }

    /// <summary>Keeps a copy of a matrix, which stays the caller's.</summary>
    /// <inheritdoc cref="Keep" path="/exception"/>
    public StoredMatrix KeepCopy(Matrix<float> matrix)
    {
        if (!Fits(matrix))
        {
            return Spill(matrix);
        }

        Matrix<float> copy = backend.AllocateUninitialized<float>(matrix.Rows, matrix.Columns);
        backend.Copy(matrix, copy);
        return Keep(copy);
    }

    /// <summary>Sets memory aside for what the caller keeps there itself.</summary>
    /// <returns>Whether the budget has room for it; it is given back with <see cref="GiveBack"/>.</returns>
    internal bool TryReserve(long bytes)
    {
        if (bytes > budget - ResidentBytes)
        {
            return false;
        }

        ResidentBytes += bytes;
        PeakResidentBytes = Math.Max(PeakResidentBytes, ResidentBytes);
        return true;
    }

    /// <summary>Gives back what was set aside.</summary>
    internal void GiveBack(long bytes) => ResidentBytes -= bytes;

    /// <summary>Puts other values into the place of a matrix that is kept.</summary>
    internal void Replace(StoredMatrix stored, Matrix<float> values)
    {
        if (stored.Resident is { } resident)
        {
            backend.Copy(values, resident);
            return;
        }

        Write(values, stored.Place);
    }

    /// <summary>Some rows of a matrix in the file, as a new matrix.</summary>
    internal Matrix<float> Load(StoredMatrix stored, int first, int count)
    {
        Matrix<float> matrix = backend.AllocateUninitialized<float>(count, stored.Columns);
        try
        {
            Load(stored, first, matrix);
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>Fills a matrix from rows of one that is kept.</summary>
    internal void Load(StoredMatrix stored, int first, Matrix<float> destination)
    {
        if (stored.Resident is { } resident)
        {
            using Matrix<float> rows = resident.Slice(first, destination.Rows);
            backend.Copy(rows, destination);
            return;
        }

        destination.ForEachPiece(sizeof(float), (row, rows, bytes) =>
        {
            file!.Read(stored.Place + (long)(first + row) * stored.Columns * sizeof(float), bytes);
            backend.Upload<float>(MemoryMarshal.Cast<byte, float>(bytes), rows);
        });
    }

    /// <summary>A matrix is kept no more: its memory is its owner's, its place in the file is free.</summary>
    internal void Release(StoredMatrix stored)
    {
        long bytes = (long)stored.Rows * stored.Columns * sizeof(float);
        if (stored.Resident is null)
        {
            file!.Free(stored.Place, bytes);
        }
        else
        {
            ResidentBytes -= bytes;
        }
    }

    private bool Fits(Matrix<float> matrix) => Bytes(matrix) <= budget - ResidentBytes;

    private StoredMatrix Spill(Matrix<float> matrix)
    {
        file ??= open();
        long place = file.Allocate(Bytes(matrix));
        Write(matrix, place);
        return new StoredMatrix(this, matrix.Rows, matrix.Columns, place);
    }

    private void Write(Matrix<float> matrix, long place)
    {
        matrix.ForEachPiece(sizeof(float), (row, rows, bytes) =>
        {
            backend.Download(rows, MemoryMarshal.Cast<byte, float>(bytes));
            file!.Write(place + (long)row * matrix.Columns * sizeof(float), bytes);
        });
        SpilledBytes += Bytes(matrix);
    }

    private static long Bytes(Matrix<float> matrix) => matrix.Length * sizeof(float);

    /// <summary>Closes the file; the matrices are their owners' to dispose, before that.</summary>
    public void Dispose() => file?.Dispose();
}
