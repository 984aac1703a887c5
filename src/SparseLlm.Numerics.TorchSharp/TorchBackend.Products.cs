using SparseLlm.Numerics.TorchSharp.Memory;
using SparseLlm.Numerics.TorchSharp.Products;

namespace SparseLlm.Numerics.TorchSharp;

public sealed partial class TorchBackend
{
    /// <inheritdoc/>
    public void Multiply(
        Matrix<float> a, bool transposeA, Matrix<float> b, bool transposeB, Matrix<float> c,
        float alpha = 1, float beta = 0)
    {
        using Operation operation = Begin();
        (Tensor left, Tensor right, Tensor result) = OpenProduct(operation, a, transposeA, b, transposeB, c);
        products.Multiply(left, right, result, alpha, beta);
    }

    /// <inheritdoc/>
    public void Multiply(
        Matrix<double> a, bool transposeA, Matrix<double> b, bool transposeB, Matrix<double> c,
        double alpha = 1, double beta = 0)
    {
        using Operation operation = Begin();
        (Tensor left, Tensor right, Tensor result) = OpenProduct(operation, a, transposeA, b, transposeB, c);

        // addmm_ takes its factors in single precision; what they cannot hold is multiplied by itself.
        bool exactBeta = (float)beta == beta;
        if (!exactBeta)
        {
            result.mul_(Kept(beta));
        }

        bool exactAlpha = (float)alpha == alpha;
        result.addmm_(
            exactAlpha ? left : left.mul(Kept(alpha)),
            right,
            exactBeta ? (float)beta : 1,
            exactAlpha ? (float)alpha : 1);
    }

    /// <inheritdoc/>
    public void AccumulateGram(Matrix<float> x, Matrix<double> h)
    {
        using Operation operation = Begin();
        new TokenProducts(chunks, products).AddGram(operation.Open(x), operation.Open(h, x.Columns, x.Columns));
    }

    /// <inheritdoc/>
    public double QuadraticForm(Matrix<float> w, Matrix<double> h)
    {
        using Operation operation = Begin();
        Tensor weights = operation.Open(w);
        Tensor upper = operation.Open(h, w.Columns, w.Columns).to(torch.float32);
        Tensor doubled = upper.triu().add_(upper.triu(1), One);
        return Dot(products.Of(products.Left(weights), products.Right(doubled)), weights);
    }

    /// <inheritdoc/>
    public void AccumulateCross(Matrix<float> x, Matrix<float> y, Matrix<double> g)
    {
        using Operation operation = Begin();
        new TokenProducts(chunks, products).AddCross(
            operation.Open(x), operation.Open(y, x.Rows, y.Columns), operation.Open(g, x.Columns, y.Columns));
    }

    /// <inheritdoc/>
    public void AccumulateColumnSums(Matrix<float> x, Matrix<double> sums)
        => AccumulateColumns(x, sums, squares: false);

    /// <inheritdoc/>
    public void AccumulateColumnSquares(Matrix<float> x, Matrix<double> sums)
        => AccumulateColumns(x, sums, squares: true);

    private void AccumulateColumns(Matrix<float> x, Matrix<double> sums, bool squares)
    {
        if (kernels is null)
        {
            AccumulateColumns(x, sums, values => squares ? values.Squared() : values);
            return;
        }

        using Operation operation = Begin();
        operation.Open(sums, 1, x.Columns).add_(kernels.ColumnSums.Sum(operation.Open(x), squares), One);
    }

    private void AccumulateColumns(Matrix<float> x, Matrix<double> sums, Func<Tensor, Tensor> term)
    {
        using Operation operation = Begin();
        Tensor tokens = operation.Open(x);
        Tensor sum = operation.Open(sums, 1, x.Columns);
        chunks.Run(x.Rows, x.Columns, (start, count) =>
            sum.add_(term(tokens.narrow(0, start, count)).sum(0, keepdim: true, type: torch.float64), One));
    }

    private static (Tensor A, Tensor B, Tensor C) OpenProduct<T>(
        Operation operation, Matrix<T> a, bool transposeA, Matrix<T> b, bool transposeB, Matrix<T> c)
        where T : unmanaged
    {
        Tensor left = transposeA ? operation.Open(a).t() : operation.Open(a);
        Tensor right = transposeB ? operation.Open(b).t() : operation.Open(b);
        int rows = transposeA ? a.Columns : a.Rows;
        int columns = transposeB ? b.Rows : b.Columns;
        Shapes.RequireProduct(
            rows,
            transposeA ? a.Rows : a.Columns,
            transposeB ? b.Columns : b.Rows,
            columns,
            nameof(b));
        Tensor result = operation.Open(c, rows, columns);
        Shapes.RequireApart(Overlap(a, c) || Overlap(b, c), nameof(c));
        return (left, right, result);
    }
}
