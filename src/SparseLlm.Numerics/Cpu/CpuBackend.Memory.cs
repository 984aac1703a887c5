using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public Matrix<T> Allocate<T>(int rows, int columns)
        where T : unmanaged
    {
        Matrix<T> matrix = AllocateUninitialized<T>(rows, columns);
        View<T> view = Open(matrix);
        team.RunChunks(
            view.Length,
            WorkerTeam.Chunk,
            (start, count) => new Span<T>(view.Data + start, (int)count).Clear());
        Keep(matrix);
        return matrix;
    }

    /// <inheritdoc/>
    public Matrix<T> AllocateUninitialized<T>(int rows, int columns)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        return new CpuMatrix<T>(pool, rows, columns);
    }

    /// <inheritdoc/>
    public void Upload<T>(ReadOnlySpan<T> source, Matrix<T> destination)
        where T : unmanaged
    {
        View<T> to = Open(destination);
        Shapes.RequireLength(source.Length, destination.Length, nameof(source));
        source.CopyTo(new Span<T>(to.Data, source.Length));
        Keep(destination);
    }

    /// <inheritdoc/>
    public void Download<T>(Matrix<T> source, Span<T> destination)
        where T : unmanaged
    {
        View<T> from = Open(source);
        Shapes.RequireLength(destination.Length, source.Length, nameof(destination));
        new ReadOnlySpan<T>(from.Data, destination.Length).CopyTo(destination);
        Keep(source);
    }

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<byte> source, NumberFormat format, Matrix<float> destination)
    {
        View<float> to = Open(destination);
        Shapes.RequireLength(source.Length, destination.Length * format.Size(), nameof(source));
        NumberFormats.ToSingle(source, format, new Span<float>(to.Data, source.Length / format.Size()));
        Keep(destination);
    }

    /// <inheritdoc/>
    public void Download(Matrix<float> source, NumberFormat format, Span<byte> destination)
    {
        View<float> from = Open(source);
        Shapes.RequireLength(destination.Length, source.Length * format.Size(), nameof(destination));
        NumberFormats.FromSingle(
            new ReadOnlySpan<float>(from.Data, destination.Length / format.Size()),
            format,
            destination);
        Keep(source);
    }

    /// <inheritdoc/>
    public void Copy<T>(Matrix<T> source, Matrix<T> destination)
        where T : unmanaged
    {
        View<T> from = Open(source);
        View<T> to = Open(destination, source.Rows, source.Columns);
        team.RunChunks(from.Length, WorkerTeam.Chunk, (start, count) =>
            Buffer.MemoryCopy(from.Data + start, to.Data + start, count * sizeof(T), count * sizeof(T)));
        Keep(source, destination);
    }

    /// <inheritdoc/>
    public void Convert(Matrix<float> source, Matrix<double> destination)
    {
        View<float> from = Open(source);
        View<double> to = Open(destination, source.Rows, source.Columns);
        team.RunChunks(from.Length, WorkerTeam.Chunk, (start, count) => TensorPrimitives
            .ConvertTruncating<float, double>(
                new ReadOnlySpan<float>(from.Data + start, (int)count), new Span<double>(to.Data + start, (int)count)));
        Keep(source, destination);
    }

    /// <inheritdoc/>
    public void Convert(Matrix<double> source, Matrix<float> destination)
    {
        View<double> from = Open(source);
        View<float> to = Open(destination, source.Rows, source.Columns);
        team.RunChunks(from.Length, WorkerTeam.Chunk, (start, count) => TensorPrimitives
            .ConvertTruncating<double, float>(
                new ReadOnlySpan<double>(from.Data + start, (int)count), new Span<float>(to.Data + start, (int)count)));
        Keep(source, destination);
    }

    /// <inheritdoc/>
    public void Transpose<T>(Matrix<T> source, Matrix<T> destination)
        where T : unmanaged
    {
        View<T> from = Open(source);
        View<T> to = Open(destination, source.Columns, source.Rows);
        Transposition.Run(team, from, to);
        Keep(source, destination);
    }
}
