namespace SparseLlm.Numerics;

/// <summary>
/// Factorisations of symmetric positive definite matrices, in double precision: a factor in single precision changes
/// pruning masks, and this one costs no more.
/// </summary>
public interface IFactorizations
{
    /// <summary>
    /// The upper triangular U with h^-1 = U'U, which is what the OBS sweep needs (Frantar and Alistarh 2023, section
    /// 3.3). With J the reversal of rows and columns and J h J = L L', U = J L^-1 J: one Cholesky instead of three
    /// steps.
    /// </summary>
    /// <param name="h">[d x d], symmetric; not changed.</param>
    /// <param name="u">[d x d]; the lower triangle is set to zero. Its content is undefined on failure.</param>
    /// <returns>False where h is not (numerically) positive definite.</returns>
    bool TryInverseFactor(Matrix<double> h, Matrix<double> u);

    /// <summary>inverse = u'u, which is h^-1 for u of <see cref="TryInverseFactor"/>. Both triangles are
    /// filled.</summary>
    /// <param name="u">[d x d], upper triangular.</param>
    /// <param name="inverse">[d x d]; must not be u.</param>
    void InverseFromFactor(Matrix<double> u, Matrix<double> inverse);
}
