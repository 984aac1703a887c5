using System.Globalization;
using System.Runtime.InteropServices;
using SparseLlm.Numerics.TorchSharp.Memory;

namespace SparseLlm.Numerics.TorchSharp;

public sealed partial class TorchBackend
{
    /// <inheritdoc/>
    public Matrix<T> Allocate<T>(int rows, int columns)
        where T : unmanaged
    {
        using Operation operation = Begin();
        Matrix<T> matrix = AllocateUninitialized<T>(rows, columns);
        operation.Open(matrix).zero_();
        return matrix;
    }

    /// <inheritdoc/>
    public Matrix<T> AllocateUninitialized<T>(int rows, int columns)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        try
        {
            Tensor memory = torch.empty((long)rows, (long)columns, ElementTypes.Of<T>(), device)
                .DetachFromDisposeScope();
            return new TorchMatrix<T>(memory, rows, columns);
        }
        catch (ExternalException exception) when (OutOfMemory.Caused(exception))
        {
            throw new InsufficientMemoryException(
                string.Create(CultureInfo.InvariantCulture,
                    $"The device ({Description}) has no memory left for a matrix [{rows} x "
                    + $"{columns}] of {typeof(T).Name}."), exception);
        }
    }

    /// <inheritdoc/>
    public void Upload<T>(ReadOnlySpan<T> source, Matrix<T> destination)
        where T : unmanaged
    {
        using Operation operation = Begin();
        Tensor to = operation.Open(destination);
        Shapes.RequireLength(source.Length, destination.Length, nameof(source));
        transfer.Upload(source, to);
    }

    /// <inheritdoc/>
    public void Download<T>(Matrix<T> source, Span<T> destination)
        where T : unmanaged
    {
        using Operation operation = Begin();
        Tensor from = operation.Open(source);
        Shapes.RequireLength(destination.Length, source.Length, nameof(destination));
        transfer.Download(from, destination);
    }

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<byte> source, NumberFormat format, Matrix<float> destination)
    {
        using Operation operation = Begin();
        Tensor to = operation.Open(destination);
        Shapes.RequireLength(source.Length, destination.Length * format.Size(), nameof(source));
        transfer.Upload(source, ElementTypes.Of(format), to);
    }

    /// <inheritdoc/>
    public void Download(Matrix<float> source, NumberFormat format, Span<byte> destination)
    {
        using Operation operation = Begin();
        Tensor from = operation.Open(source);
        Shapes.RequireLength(destination.Length, source.Length * format.Size(), nameof(destination));
        transfer.Download(from, ElementTypes.Of(format), destination);
    }

    /// <inheritdoc/>
    public void Copy<T>(Matrix<T> source, Matrix<T> destination)
        where T : unmanaged
    {
        using Operation operation = Begin();
        Tensor from = operation.Open(source);
        operation.Open(destination, source.Rows, source.Columns).copy_(from);
    }

    /// <inheritdoc/>
    public void Convert(Matrix<float> source, Matrix<double> destination)
    {
        using Operation operation = Begin();
        Tensor from = operation.Open(source);
        operation.Open(destination, source.Rows, source.Columns).copy_(from);
    }

    /// <inheritdoc/>
    public void Convert(Matrix<double> source, Matrix<float> destination)
    {
        using Operation operation = Begin();
        Tensor from = operation.Open(source);
        operation.Open(destination, source.Rows, source.Columns).copy_(from);
    }

    /// <inheritdoc/>
    public void Transpose<T>(Matrix<T> source, Matrix<T> destination)
        where T : unmanaged
    {
        using Operation operation = Begin();
        Tensor from = operation.Open(source);
        operation.Open(destination, source.Columns, source.Rows).copy_(from.t());
    }
}
