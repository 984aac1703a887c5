namespace SparseLlm.Numerics;

/// <summary>
/// Exact-k selection by absolute value. A mask holds 1 where the weight is kept and 0 where it is pruned. Exactly as
/// many are kept as asked for; among equals, the lower (row-major) index is kept.
/// </summary>
public interface ISelection
{
    /// <summary>Keeps the largest |score| of the whole matrix.</summary>
    /// <param name="scores">[n x d]; finite.</param>
    /// <param name="keep">How many, 0 .. n d.</param>
    /// <param name="mask">[n x d]; may not be scores.</param>
    void KeepLargest(Matrix<float> scores, long keep, Matrix<float> mask);

    /// <summary>
    /// Keeps the largest |score| in every row. Row i keeps floor(keep (i+1) / n) - floor(keep i / n), so that the rows
    /// are as even as they can be and the total is exact.
    /// </summary>
    /// <param name="scores">[n x d]; finite.</param>
    /// <param name="keep">How many in all, 0 .. n d.</param>
    /// <param name="mask">[n x d].</param>
    void KeepLargestPerRow(Matrix<float> scores, long keep, Matrix<float> mask);

    /// <summary>Keeps the largest |score| in every group of consecutive columns of a row (N:M sparsity).</summary>
    /// <param name="scores">[n x d]; finite; d a multiple of group.</param>
    /// <param name="keep">How many in each group, 0 .. group.</param>
    /// <param name="group">Group size M.</param>
    /// <param name="mask">[n x d].</param>
    void KeepLargestPerGroup(Matrix<float> scores, int keep, int group, Matrix<float> mask);

    /// <summary>How many elements are not zero.</summary>
    long CountNonZero(Matrix<float> x);

    /// <summary>How many elements have a magnitude above a threshold.</summary>
    long CountAbove(Matrix<float> x, double threshold);

    /// <summary>In how many elements two masks differ.</summary>
    long CountDifferent(Matrix<float> x, Matrix<float> y);
}
