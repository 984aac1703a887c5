using SparseLlm.Numerics.TorchSharp.Memory;
using SparseLlm.Numerics.TorchSharp.Products;

namespace SparseLlm.Numerics.TorchSharp;

public sealed partial class TorchBackend
{
    /// <inheritdoc/>
    public void Combine(float alpha, Matrix<float> x, float beta, Matrix<float> y, Matrix<float> destination)
    {
        if (kernels is null)
        {
            Combine<float>(alpha, x, beta, y, destination);
            return;
        }

        using Operation operation = Begin();
        kernels.Combination.Run(
            alpha,
            operation.Open(x),
            beta,
            operation.Open(y, x.Rows, x.Columns),
            operation.Open(destination, x.Rows, x.Columns));
    }

    /// <inheritdoc/>
    public void Combine(double alpha, Matrix<double> x, double beta, Matrix<double> y, Matrix<double> destination) =>
        Combine<double>(alpha, x, beta, y, destination);

    /// <inheritdoc/>
    public void Hadamard(Matrix<float> x, Matrix<float> y, Matrix<float> destination)
    {
        using Operation operation = Begin();
        Tensor left = operation.Open(x);
        Tensor right = operation.Open(y, x.Rows, x.Columns);
        Tensor result = operation.Open(destination, x.Rows, x.Columns);
        if (Overlap(y, destination))
        {
            (left, right) = (right, left);
        }

        result.copy_(left).mul_(right);
    }

    /// <inheritdoc/>
    public void AddRow(Matrix<float> x, Matrix<float> row)
    {
        using Operation operation = Begin();
        operation.Open(x).add_(operation.Open(row, 1, x.Columns), One);
    }

    /// <inheritdoc/>
    public void AddScaledRows(Matrix<float> x, ReadOnlySpan<float> coefficients, Matrix<float> y)
    {
        using Operation operation = Begin();
        Tensor target = operation.Open(x);
        Shapes.RequireLength(coefficients.Length, x.Rows, nameof(coefficients));
        Tensor source = operation.Open(y, x.Rows, x.Columns);
        target.addcmul_(source, transfer.Vector(coefficients).unsqueeze(1), Kept(1));
    }

    /// <inheritdoc/>
    public void AddToRows(
        Matrix<float> destination,
        ReadOnlySpan<int> rows,
        ReadOnlySpan<float> coefficients,
        Matrix<float> source)
    {
        using Operation operation = Begin();
        Tensor target = operation.Open(destination);
        Tensor added = operation.Open(source, rows.Length, destination.Columns);
        Shapes.RequireLength(coefficients.Length, rows.Length, nameof(coefficients));
        Shapes.RequireDistinctRows(destination, rows, nameof(rows));
        Shapes.RequireApart(Overlap(destination, source), nameof(destination));
        Tensor indices = transfer.Vector(rows).@long();
        Tensor factors = transfer.Vector(coefficients).unsqueeze(1);
        chunks.Run(rows.Length, destination.Columns, (start, count) =>
        {
            Tensor scaled = added.narrow(0, start, count).mul(factors.narrow(0, start, count));
            target.index_add_(0, indices.narrow(0, start, count), scaled, Kept(1));
        });
    }

    /// <inheritdoc/>
    public void ScaleRows(Matrix<float> x, ReadOnlySpan<float> factors)
    {
        using Operation operation = Begin();
        Tensor target = operation.Open(x);
        Shapes.RequireLength(factors.Length, x.Rows, nameof(factors));
        target.mul_(transfer.Vector(factors).unsqueeze(1));
    }

    /// <inheritdoc/>
    public void ScaleColumns(Matrix<float> x, ReadOnlySpan<float> factors)
    {
        using Operation operation = Begin();
        Tensor target = operation.Open(x);
        Shapes.RequireLength(factors.Length, x.Columns, nameof(factors));
        target.mul_(transfer.Vector(factors));
    }

    /// <inheritdoc/>
    public void ScaleSymmetric(Matrix<double> h, ReadOnlySpan<double> factors)
    {
        using Operation operation = Begin();
        Tensor target = operation.Open(h, h.Rows, h.Rows);
        Shapes.RequireLength(factors.Length, h.Rows, nameof(factors));
        Tensor scale = transfer.Vector(factors);

        // The factors' product first: it has the same bits on either side of the diagonal.
        chunks.Map(target, target, scale.unsqueeze(1), (rows, rowFactors) => rowFactors.mul(scale).mul_(rows));
    }

    /// <inheritdoc/>
    public void MirrorUpper(Matrix<double> h)
    {
        using Operation operation = Begin();
        Symmetry.MirrorUpper(operation.Open(h, h.Rows, h.Rows));
    }

    /// <inheritdoc/>
    public void AddDiagonal(Matrix<double> h, double value)
    {
        using Operation operation = Begin();
        operation.Open(h, h.Rows, h.Rows).diagonal(0, 0, 1).add_(Kept(value), One);
    }

    /// <inheritdoc/>
    public void AddOuterProduct(double alpha, Matrix<double> x, Matrix<double> y, Matrix<double> h)
    {
        using Operation operation = Begin();
        Tensor target = operation.Open(h);
        Tensor column = operation.Open(x, 1, h.Rows).t().mul(Kept(alpha));
        target.addmm_(column, operation.Open(y, 1, h.Columns), 1, 1);
    }

    /// <inheritdoc/>
    public void Diagonal(Matrix<double> h, Span<double> diagonal)
    {
        using Operation operation = Begin();
        Tensor source = operation.Open(h, h.Rows, h.Rows);
        Shapes.RequireLength(diagonal.Length, h.Rows, nameof(diagonal));
        transfer.Download(source.diagonal(0, 0, 1).contiguous(), diagonal);
    }

    /// <inheritdoc/>
    public double Dot(Matrix<float> x, Matrix<float> y) => Dot<float>(x, y);

    /// <inheritdoc/>
    public double Dot(Matrix<double> x, Matrix<double> y) => Dot<double>(x, y);

    /// <inheritdoc/>
    public void RowDots(Matrix<float> x, Matrix<float> y, Span<double> sums)
    {
        using Operation operation = Begin();
        Tensor left = operation.Open(x);
        Shapes.RequireLength(sums.Length, x.Rows, nameof(sums));
        transfer.Download(RowDots(left, operation.Open(y, x.Rows, x.Columns)), sums);
    }

    /// <inheritdoc/>
    public double SumMagnitudes(Matrix<float> x)
    {
        using Operation operation = Begin();
        Tensor elements = operation.Open(x);
        Tensor rows = torch.empty(x.Rows, 1L, torch.float64, device);
        chunks.Run(x.Rows, x.Columns, (start, count) => rows.narrow(0, start, count)
            .copy_(elements.narrow(0, start, count).abs().sum(1, keepdim: true, type: torch.float64)));
        return Sum(rows);
    }

    /// <inheritdoc/>
    public long FirstNonFinite(Matrix<float> x) => FirstNonFinite<float>(x);

    /// <inheritdoc/>
    public long FirstNonFinite(Matrix<double> x) => FirstNonFinite<double>(x);

    private void Combine<T>(double alpha, Matrix<T> x, double beta, Matrix<T> y, Matrix<T> destination)
        where T : unmanaged
    {
        using Operation operation = Begin();
        Tensor left = operation.Open(x);
        Tensor right = operation.Open(y, x.Rows, x.Columns);
        Tensor result = operation.Open(destination, x.Rows, x.Columns);
        if (!Overlap(y, destination))
        {
            Combine(alpha, left, beta, right, result);
        }
        else if (!Overlap(x, destination))
        {
            Combine(beta, right, alpha, left, result);
        }
        else
        {
            chunks.Map(result, left, right, (a, b) => a.mul(Kept(alpha)).add_(b, Kept(beta)));
        }
    }

    /// <summary>result = alpha x + beta y; the result may be x.</summary>
    private static void Combine(double alpha, Tensor x, double beta, Tensor y, Tensor result)
    {
        result.copy_(x);
        if (alpha != 1)
        {
            result.mul_(Kept(alpha));
        }

        result.add_(y, Kept(beta));
    }

    private double Dot<T>(Matrix<T> x, Matrix<T> y)
        where T : unmanaged
    {
        using Operation operation = Begin();
        return Dot(operation.Open(x), operation.Open(y, x.Rows, x.Columns));
    }

    private double Dot(Tensor x, Tensor y) => Sum(RowDots(x, y));

    /// <summary>Added up on the host, in the order of the rows.</summary>
    private double Sum(Tensor rows)
    {
        var sums = new double[rows.shape[0]];
        transfer.Download(rows, sums.AsSpan());
        return sums.Sum();
    }

    /// <summary>Σ_j x_ij y_ij, products and sums in double precision, [n x 1].</summary>
    private Tensor RowDots(Tensor x, Tensor y)
    {
        if (kernels is not null && x.dtype == torch.float32)
        {
            return kernels.RowDots.Sum(x, y);
        }

        Tensor sums = torch.empty(x.shape[0], 1L, torch.float64, device);
        chunks.Run(x.shape[0], x.shape[1], (start, count) =>
        {
            Tensor products = x.narrow(0, start, count).@double().mul(y.narrow(0, start, count));
            sums.narrow(0, start, count).copy_(products.sum(1, keepdim: true));
        });
        return sums;
    }

    private long FirstNonFinite<T>(Matrix<T> x)
        where T : unmanaged
    {
        using Operation operation = Begin();
        Tensor elements = operation.Open(x);
        Tensor found = torch.zeros(1, torch.@bool, device);
        chunks.Run(
            x.Rows,
            x.Columns,
            (start, count) => found.logical_or_(elements.narrow(0, start, count).isfinite().all().logical_not()));
        return transfer.Read<bool>(found) ? FirstNonFinite(elements) : -1;
    }

    private long FirstNonFinite(Tensor elements)
    {
        long first = -1;
        chunks.Run(elements.shape[0], elements.shape[1], (start, count) =>
        {
            if (first >= 0)
            {
                return;
            }

            Tensor odd = elements.narrow(0, start, count).isfinite().logical_not().view(-1);
            if (transfer.Read<bool>(odd.any()))
            {
                first = start * elements.shape[1] + transfer.Read<long>(odd.@byte().argmax());
            }
        });
        return first;
    }
}
