using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Combine(float alpha, Matrix<float> x, float beta, Matrix<float> y, Matrix<float> destination)
    {
        Arithmetic.Combine(
            team, alpha, Open(x), beta, Open(y, x.Rows, x.Columns), Open(destination, x.Rows, x.Columns));
        Keep(x, y, destination);
    }

    /// <inheritdoc/>
    public void Combine(double alpha, Matrix<double> x, double beta, Matrix<double> y, Matrix<double> destination)
    {
        Arithmetic.Combine(
            team, alpha, Open(x), beta, Open(y, x.Rows, x.Columns), Open(destination, x.Rows, x.Columns));
        Keep(x, y, destination);
    }

    /// <inheritdoc/>
    public void Hadamard(Matrix<float> x, Matrix<float> y, Matrix<float> destination)
    {
        Arithmetic.Hadamard(team, Open(x), Open(y, x.Rows, x.Columns), Open(destination, x.Rows, x.Columns));
        Keep(x, y, destination);
    }

    /// <inheritdoc/>
    public void AddRow(Matrix<float> x, Matrix<float> row)
    {
        Arithmetic.AddRow(team, Open(x), Open(row, 1, x.Columns));
        Keep(x, row);
    }

    /// <inheritdoc/>
    public void AddScaledRows(Matrix<float> x, ReadOnlySpan<float> coefficients, Matrix<float> y)
    {
        View<float> target = Open(x);
        Shapes.RequireLength(coefficients.Length, x.Rows, nameof(coefficients));
        fixed (float* factors = coefficients)
        {
            Arithmetic.AddScaledRows(team, target, factors, Open(y, x.Rows, x.Columns));
        }

        Keep(x, y);
    }

    /// <inheritdoc/>
    public void AddToRows(
        Matrix<float> destination,
        ReadOnlySpan<int> rows,
        ReadOnlySpan<float> coefficients,
        Matrix<float> source)
    {
        View<float> target = Open(destination);
        View<float> added = Open(source, rows.Length, destination.Columns);
        Shapes.RequireLength(coefficients.Length, rows.Length, nameof(coefficients));
        Shapes.RequireDistinctRows(destination, rows, nameof(rows));
        Shapes.RequireApart(Overlap(destination, source), nameof(destination));
        fixed (int* indices = rows)
        fixed (float* factors = coefficients)
        {
            Arithmetic.AddToRows(team, target, indices, factors, added);
        }

        Keep(destination, source);
    }

    /// <inheritdoc/>
    public void ScaleRows(Matrix<float> x, ReadOnlySpan<float> factors)
    {
        View<float> target = Open(x);
        Shapes.RequireLength(factors.Length, x.Rows, nameof(factors));
        fixed (float* pinned = factors)
        {
            Arithmetic.ScaleRows(team, target, pinned);
        }

        Keep(x);
    }

    /// <inheritdoc/>
    public void ScaleColumns(Matrix<float> x, ReadOnlySpan<float> factors)
    {
        View<float> target = Open(x);
        Shapes.RequireLength(factors.Length, x.Columns, nameof(factors));
        fixed (float* pinned = factors)
        {
            Arithmetic.ScaleColumns(team, target, pinned);
        }

        Keep(x);
    }

    /// <inheritdoc/>
    public void ScaleSymmetric(Matrix<double> h, ReadOnlySpan<double> factors)
    {
        View<double> target = Open(h, h.Rows, h.Rows);
        Shapes.RequireLength(factors.Length, h.Rows, nameof(factors));
        fixed (double* pinned = factors)
        {
            Arithmetic.ScaleSymmetric(team, target, pinned);
        }

        Keep(h);
    }

    /// <inheritdoc/>
    public void MirrorUpper(Matrix<double> h)
    {
        Transposition.MirrorUpper(team, Open(h, h.Rows, h.Rows));
        Keep(h);
    }

    /// <inheritdoc/>
    public void AddDiagonal(Matrix<double> h, double value)
    {
        View<double> target = Open(h, h.Rows, h.Rows);
        for (int i = 0; i < target.Rows; i++)
        {
            *target.At(i, i) += value;
        }

        Keep(h);
    }

    /// <inheritdoc/>
    public void AddOuterProduct(double alpha, Matrix<double> x, Matrix<double> y, Matrix<double> h)
    {
        View<double> target = Open(h);
        Arithmetic.AddOuterProduct(team, alpha, Open(x, 1, h.Rows).Data, Open(y, 1, h.Columns).Data, target);
        Keep(x, y, h);
    }

    /// <inheritdoc/>
    public void Diagonal(Matrix<double> h, Span<double> diagonal)
    {
        View<double> source = Open(h, h.Rows, h.Rows);
        Shapes.RequireLength(diagonal.Length, h.Rows, nameof(diagonal));
        for (int i = 0; i < diagonal.Length; i++)
        {
            diagonal[i] = *source.At(i, i);
        }

        Keep(h);
    }

    /// <inheritdoc/>
    public double Dot(Matrix<float> x, Matrix<float> y)
    {
        double sum = Reductions.Dot(team, Open(x), Open(y, x.Rows, x.Columns));
        Keep(x, y);
        return sum;
    }

    /// <inheritdoc/>
    public double Dot(Matrix<double> x, Matrix<double> y)
    {
        double sum = Reductions.Dot(team, Open(x), Open(y, x.Rows, x.Columns));
        Keep(x, y);
        return sum;
    }

    /// <inheritdoc/>
    public void RowDots(Matrix<float> x, Matrix<float> y, Span<double> sums)
    {
        View<float> left = Open(x);
        Shapes.RequireLength(sums.Length, x.Rows, nameof(sums));
        fixed (double* pinned = sums)
        {
            Reductions.RowDots(team, left, Open(y, x.Rows, x.Columns), pinned);
        }

        Keep(x, y);
    }

    /// <inheritdoc/>
    public double SumMagnitudes(Matrix<float> x)
    {
        double sum = Reductions.SumMagnitudes(Open(x));
        Keep(x);
        return sum;
    }

    /// <inheritdoc/>
    public long FirstNonFinite(Matrix<float> x)
    {
        long index = Reductions.FirstNonFinite(team, Open(x));
        Keep(x);
        return index;
    }

    /// <inheritdoc/>
    public long FirstNonFinite(Matrix<double> x)
    {
        long index = Reductions.FirstNonFinite(team, Open(x));
        Keep(x);
        return index;
    }
}
