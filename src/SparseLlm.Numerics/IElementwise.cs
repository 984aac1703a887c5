namespace SparseLlm.Numerics;

/// <summary>Elementwise arithmetic and small reductions. Destinations may be one of the sources.</summary>
public interface IElementwise
{
    /// <summary>destination = alpha x + beta y, all of equal shape.</summary>
    void Combine(float alpha, Matrix<float> x, float beta, Matrix<float> y, Matrix<float> destination);

    /// <inheritdoc cref="Combine(float, Matrix{float}, float, Matrix{float}, Matrix{float})"/>
    void Combine(double alpha, Matrix<double> x, double beta, Matrix<double> y, Matrix<double> destination);

    /// <summary>destination = x ⊙ y. Used to apply a mask of zeros and ones.</summary>
    void Hadamard(Matrix<float> x, Matrix<float> y, Matrix<float> destination);

    /// <summary>Every row of x += row.</summary>
    /// <param name="x">[n x d].</param>
    /// <param name="row">[1 x d].</param>
    void AddRow(Matrix<float> x, Matrix<float> row);

    /// <summary>x += diag(coefficients) y: row i of y, times coefficient i, is added to row i of x.</summary>
    /// <param name="x">[n x d].</param>
    /// <param name="coefficients">n numbers on the host.</param>
    /// <param name="y">[n x d].</param>
    void AddScaledRows(Matrix<float> x, ReadOnlySpan<float> coefficients, Matrix<float> y);

    /// <summary>
    /// Row rows[i] of the destination += coefficient i times row i of the source: what
    /// <see cref="ITransformerKernels.Embed"/> gathered goes back to where it came from.
    /// </summary>
    /// <param name="destination">[n x d]; must not overlap the source.</param>
    /// <param name="rows">m rows of the destination, no two of them equal.</param>
    /// <param name="coefficients">m numbers on the host.</param>
    /// <param name="source">[m x d].</param>
    void AddToRows(
        Matrix<float> destination,
        ReadOnlySpan<int> rows,
        ReadOnlySpan<float> coefficients,
        Matrix<float> source);

    /// <summary>Row i of x is multiplied by factor i.</summary>
    void ScaleRows(Matrix<float> x, ReadOnlySpan<float> factors);

    /// <summary>Column j of x is multiplied by factor j.</summary>
    void ScaleColumns(Matrix<float> x, ReadOnlySpan<float> factors);

    /// <summary>h = diag(factors) h diag(factors).</summary>
    void ScaleSymmetric(Matrix<double> h, ReadOnlySpan<double> factors);

    /// <summary>The lower triangle of h becomes the mirror image of the upper one, as after
    /// <see cref="IMatrixProducts.AccumulateGram"/>.</summary>
    /// <param name="h">[d x d].</param>
    void MirrorUpper(Matrix<double> h);

    /// <summary>The diagonal of h += value.</summary>
    void AddDiagonal(Matrix<double> h, double value);

    /// <summary>h += alpha x'y, an update of rank one.</summary>
    /// <param name="alpha">Factor.</param>
    /// <param name="x">[1 x d].</param>
    /// <param name="y">[1 x m].</param>
    /// <param name="h">[d x m].</param>
    void AddOuterProduct(double alpha, Matrix<double> x, Matrix<double> y, Matrix<double> h);

    /// <summary>The diagonal of h.</summary>
    /// <param name="h">[d x d].</param>
    /// <param name="diagonal">d numbers on the host.</param>
    void Diagonal(Matrix<double> h, Span<double> diagonal);

    /// <summary>Σ x_ij y_ij, summed in double precision.</summary>
    double Dot(Matrix<float> x, Matrix<float> y);

    /// <inheritdoc cref="Dot(Matrix{float}, Matrix{float})"/>
    double Dot(Matrix<double> x, Matrix<double> y);

    /// <summary>Σ_j x_ij y_ij for every row i, summed in double precision.</summary>
    /// <param name="x">[n x d].</param>
    /// <param name="y">[n x d].</param>
    /// <param name="sums">n numbers on the host.</param>
    void RowDots(Matrix<float> x, Matrix<float> y, Span<double> sums);

    /// <summary>Σ |x_ij|, summed in double precision.</summary>
    double SumMagnitudes(Matrix<float> x);

    /// <summary>The index (row-major) of the first element that is NaN or infinite, or -1.</summary>
    long FirstNonFinite(Matrix<float> x);

    /// <inheritdoc cref="FirstNonFinite(Matrix{float})"/>
    long FirstNonFinite(Matrix<double> x);
}
