namespace SparseLlm.Numerics.TorchSharp.Factorizations;

/// <summary>Triangular matrices by halves, so that nearly all of the work is in products, which a device is fastest at,
/// and none of it on zeros.</summary>
internal static class Triangles
{
    private const long BaseSize = 1024;

    /// <summary>A lower triangular matrix becomes its inverse: [A 0; C B]^-1 = [A^-1 0; -B^-1 C A^-1 B^-1].</summary>
    /// <param name="lower">[d x d], with zeros above the diagonal.</param>
    public static void Invert(Tensor lower)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        long size = lower.shape[0];
        if (size <= BaseSize)
        {
            Tensor identity = torch.eye(size, size, lower.dtype, lower.device);
            lower.copy_(torch.linalg.solve_triangular(lower, identity, upper: false));
            return;
        }

        long half = size / 2;
        (Tensor a, Tensor c, Tensor b) = (Block(lower, 0, 0, half), Block(lower, half, 0, half), Block(
            lower,
            half,
            half,
            half));
        Invert(a);
        Invert(b);
        c.copy_(b.mm(c.mm(a)).neg_());
    }

    /// <summary>The upper triangle of product becomes that of u'u; what it holds below is of no use.</summary>
    /// <param name="u">[d x d], upper triangular.</param>
    /// <param name="product">[d x d].</param>
    public static void Square(Tensor u, Tensor product)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        long size = u.shape[0];
        if (size <= BaseSize)
        {
            product.addmm_(u.t(), u, 0, 1);
            return;
        }

        long half = size / 2;
        (Tensor a, Tensor c, Tensor b) = (Block(u, 0, 0, half), Block(u, 0, half, half), Block(u, half, half, half));
        Square(a, Block(product, 0, 0, half));
        Block(product, 0, half, half).addmm_(a.t(), c, 0, 1);
        Tensor corner = Block(product, half, half, half);
        Square(b, corner);
        corner.addmm_(c.t(), c, 1, 1);
    }

    /// <summary>The part of a matrix that is cut in two at <paramref name="half"/> in both directions.</summary>
    private static Tensor Block(Tensor matrix, long row, long column, long half)
    {
        long Length(long start) => start == 0 ? half : matrix.shape[0] - half;
        return matrix.narrow(0, row, Length(row)).narrow(1, column, Length(column));
    }
}
