using System.Runtime.CompilerServices;

namespace SparseLlm.Numerics.TorchSharp.Memory;

/// <summary>
/// What one operation of the backend works on. On its end, the tensors that were made on the way are freed; until then, the matrices it
/// opened are kept from being finalised, which the collector could do while native code works on them.
/// </summary>
internal sealed class Operation : IDisposable
{
    private readonly DisposeScope scope = torch.NewDisposeScope();
    private readonly IDisposable noGradients = torch.no_grad();
    private readonly List<object> opened = [];

    /// <summary>The elements of a matrix of any shape.</summary>
    public Tensor Open<T>(Matrix<T> matrix, [CallerArgumentExpression(nameof(matrix))] string? name = null)
        where T : unmanaged
    {
        opened.Add(matrix);
        return Own(matrix, name).Elements;
    }

    /// <summary>The elements of a matrix that must have a certain shape.</summary>
    public Tensor Open<T>(
        Matrix<T> matrix, int rows, int columns, [CallerArgumentExpression(nameof(matrix))] string? name = null)
        where T : unmanaged
    {
        Tensor elements = Open(matrix, name);
        Shapes.Require(matrix, rows, columns, name);
        return elements;
    }

    /// <summary>The matrix as this backend's.</summary>
    public static TorchMatrix<T> Own<T>(Matrix<T> matrix, [CallerArgumentExpression(nameof(matrix))] string? name = null)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(matrix, name);
        return matrix as TorchMatrix<T> ?? throw new ArgumentException($"{name} was not made by a TorchSharp backend.", name);
    }

    public void Dispose()
    {
        noGradients.Dispose();
        scope.Dispose();
        GC.KeepAlive(opened);
    }
}
