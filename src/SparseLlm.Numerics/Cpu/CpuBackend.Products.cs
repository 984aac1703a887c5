using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;

namespace SparseLlm.Numerics.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Multiply(
        Matrix<float> a, bool transposeA, Matrix<float> b, bool transposeB, Matrix<float> c,
        float alpha = 1, float beta = 0)
    {
        if (b is StoredFactor stored && !transposeA && transposeB && alpha == 1 && beta == 0)
        {
            View<float> factor = Open(a);
            Shapes.RequireProduct(factor.Rows, factor.Columns, b.Columns, b.Rows, nameof(b));
            stored.Multiply(factor, Open(c, a.Rows, b.Rows));
            Keep(a, b, c);
            return;
        }

        Multiply(products, a, transposeA, b, transposeB, c, alpha, beta);
    }

    /// <inheritdoc/>
    public void Multiply(
        Matrix<double> a, bool transposeA, Matrix<double> b, bool transposeB, Matrix<double> c,
        double alpha = 1, double beta = 0) =>
        Multiply(doubleProducts, a, transposeA, b, transposeB, c, alpha, beta);

    /// <inheritdoc/>
    public void AccumulateGram(Matrix<float> x, Matrix<double> h)
    {
        View<float> tokens = Open(x);
        View<double> sum = Open(h, x.Columns, x.Columns);
        products.Accumulate(tokens.Transposed, tokens, sum, Zeros.UpperC);
        Keep(x, h);
    }

    /// <inheritdoc/>
    public double QuadraticForm(Matrix<float> w, Matrix<double> h)
    {
        double value = new QuadraticForm(products, team, pool).Of(Open(w), Open(h, w.Columns, w.Columns));
        Keep(w, h);
        return value;
    }

    /// <inheritdoc/>
    public void AccumulateCross(Matrix<float> x, Matrix<float> y, Matrix<double> g)
    {
        View<float> left = Open(x);
        View<float> right = Open(y, x.Rows, y.Columns);
        View<double> sum = Open(g, x.Columns, y.Columns);
        products.Accumulate(left.Transposed, right, sum);
        Keep(x, y, g);
    }

    /// <inheritdoc/>
    public void AccumulateColumnSums(Matrix<float> x, Matrix<double> sums)
    {
        View<float> tokens = Open(x);
        View<double> sum = Open(sums, 1, x.Columns);
        ColumnReductions.Sum(team, tokens, sum.Data);
        Keep(x, sums);
    }

    /// <inheritdoc/>
    public void AccumulateColumnSquares(Matrix<float> x, Matrix<double> sums)
    {
        View<float> tokens = Open(x);
        View<double> sum = Open(sums, 1, x.Columns);
        ColumnReductions.SumSquares(team, tokens, sum.Data);
        Keep(x, sums);
    }

    private static void Multiply<T>(
        MatrixProduct<T> product, Matrix<T> a, bool transposeA, Matrix<T> b, bool transposeB, Matrix<T> c, T alpha,
        T beta)
        where T : unmanaged
    {
        View<T> left = Open(a).TransposedIf(transposeA);
        View<T> right = Open(b).TransposedIf(transposeB);
        Shapes.RequireProduct(left.Rows, left.Columns, right.Rows, right.Columns, nameof(b));
        View<T> result = Open(c, left.Rows, right.Columns);
        Shapes.RequireApart(Overlap(a, c) || Overlap(b, c), nameof(c));
        product.Multiply(left, right, result, alpha, beta);
        Keep(a, b, c);
    }

    private static bool Overlap<T>(Matrix<T> x, Matrix<T> y)
        where T : unmanaged
    {
        View<T> first = Open(x);
        View<T> second = Open(y);
        return first.Data < second.Data + second.Length && second.Data < first.Data + first.Length;
    }
}
