namespace SparseLlm.Numerics;

/// <summary>Matrix products and the sums over tokens that pruning is made of.</summary>
public interface IMatrixProducts
{
    /// <summary>c = alpha op(a) op(b) + beta c, where op transposes or not. With beta 0, c is not read.</summary>
    /// <param name="a">[m x k], or [k x m] if transposed.</param>
    /// <param name="transposeA">Whether a is used transposed.</param>
    /// <param name="b">[k x n], or [n x k] if transposed.</param>
    /// <param name="transposeB">Whether b is used transposed.</param>
    /// <param name="c">[m x n]; must not overlap a or b.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of what c held.</param>
    void Multiply(
        Matrix<float> a,
        bool transposeA,
        Matrix<float> b,
        bool transposeB,
        Matrix<float> c,
        float alpha = 1,
        float beta = 0);

    /// <inheritdoc cref="Multiply(Matrix{float}, bool, Matrix{float}, bool, Matrix{float}, float, float)"/>
    void Multiply(
        Matrix<double> a,
        bool transposeA,
        Matrix<double> b,
        bool transposeB,
        Matrix<double> c,
        double alpha = 1,
        double beta = 0);

    /// <summary>
    /// The upper triangle of h += x'x; the lower one holds nothing of use until <see cref="IElementwise.MirrorUpper"/>
    /// fills it, once all tokens are in. Products of short token chunks in single precision, their sum in double
    /// precision: long sums stay accurate at single-precision speed.
    /// </summary>
    /// <param name="x">[tokens x d].</param>
    /// <param name="h">[d x d].</param>
    void AccumulateGram(Matrix<float> x, Matrix<double> h);

    /// <summary>tr w h w' for a symmetric h, of which only the upper triangle is read; products in single precision,
    /// their sum in double precision.</summary>
    /// <param name="w">[m x d].</param>
    /// <param name="h">[d x d].</param>
    double QuadraticForm(Matrix<float> w, Matrix<double> h);

    /// <summary>g += x'y, in the precision of <see cref="AccumulateGram"/>.</summary>
    /// <param name="x">[tokens x d].</param>
    /// <param name="y">[tokens x m].</param>
    /// <param name="g">[d x m].</param>
    void AccumulateCross(Matrix<float> x, Matrix<float> y, Matrix<double> g);

    /// <summary>sums += the sum of each column of x.</summary>
    /// <param name="x">[tokens x d].</param>
    /// <param name="sums">[1 x d].</param>
    void AccumulateColumnSums(Matrix<float> x, Matrix<double> sums);

    /// <summary>sums += the sum of squares of each column of x.</summary>
    /// <param name="x">[tokens x d].</param>
    /// <param name="sums">[1 x d].</param>
    void AccumulateColumnSquares(Matrix<float> x, Matrix<double> sums);
}
