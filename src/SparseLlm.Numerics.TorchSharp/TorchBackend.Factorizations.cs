using SparseLlm.Numerics.TorchSharp.Factorizations;
using SparseLlm.Numerics.TorchSharp.Memory;
using SparseLlm.Numerics.TorchSharp.Products;

namespace SparseLlm.Numerics.TorchSharp;

public sealed partial class TorchBackend
{
    /// <inheritdoc/>
    public bool TryInverseFactor(Matrix<double> h, Matrix<double> u)
    {
        using Operation operation = Begin();
        Tensor source = operation.Open(h, h.Rows, h.Rows);
        Tensor factor = operation.Open(u, h.Rows, h.Rows);
        Shapes.RequireApart(Overlap(h, u), nameof(u));
        return new InverseFactor(transfer).Try(source, factor);
    }

    /// <inheritdoc/>
    public void InverseFromFactor(Matrix<double> u, Matrix<double> inverse)
    {
        using Operation operation = Begin();
        Tensor factor = operation.Open(u, u.Rows, u.Rows);
        Tensor result = operation.Open(inverse, u.Rows, u.Rows);
        Shapes.RequireApart(Overlap(u, inverse), nameof(inverse));
        Triangles.Square(factor, result);
        Symmetry.MirrorUpper(result);
    }
}
