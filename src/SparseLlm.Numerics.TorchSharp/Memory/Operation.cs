using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.TorchSharp.Memory;

/// <summary>
/// What one operation of the backend works on. On its end, the tensors that were made on the way are freed; until then,
/// the matrices it opened are kept from being finalised, which the collector could do while native code works on them.
/// </summary>
/// <param name="name">Its name in the contract.</param>
/// <param name="device">Where it computes.</param>
/// <param name="log">Hears of it, if anything does.</param>
internal sealed class Operation(string name, torch.Device device, OperationLog? log) : IDisposable
{
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly DisposeScope scope = torch.NewDisposeScope();
    private readonly IDisposable noGradients = torch.no_grad();
    private readonly List<object> opened = [];

    /// <summary>The elements of a matrix of any shape.</summary>
    public Tensor Open<T>(Matrix<T> matrix, [CallerArgumentExpression(nameof(matrix))] string? argument = null)
        where T : unmanaged
    {
        opened.Add(matrix);
        return Own(matrix, argument).Elements;
    }

    /// <summary>The elements of a matrix that must have a certain shape.</summary>
    public Tensor Open<T>(
        Matrix<T> matrix, int rows, int columns, [CallerArgumentExpression(nameof(matrix))] string? argument = null)
        where T : unmanaged
    {
        Tensor elements = Open(matrix, argument);
        Shapes.Require(matrix, rows, columns, argument);
        return elements;
    }

    /// <summary>The matrix as this backend's.</summary>
    public static TorchMatrix<T> Own<T>(
        Matrix<T> matrix,
        [CallerArgumentExpression(nameof(matrix))] string? argument = null)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(matrix, argument);
        return matrix as TorchMatrix<T>
            ?? throw new ArgumentException($"{argument} was not made by a TorchSharp backend.", argument);
    }

    public void Dispose()
    {
        noGradients.Dispose();
        scope.Dispose();
        GC.KeepAlive(opened);
        if (log is { Waits: true } && device.type == DeviceType.CUDA)
        {
            torch.cuda.synchronize(device);
        }

        log?.Add(name, Stopwatch.GetElapsedTime(started));
    }
}
