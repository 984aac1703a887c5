using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Solvers;

/// <summary>Selection of the weights to keep, for any pattern.</summary>
internal static class Selection
{
    /// <summary>Keeps the largest |score|: over the whole matrix, or in each group for N:M.</summary>
    public static void Keep(IBackend backend, Matrix<float> scores, SparsityPattern pattern, Matrix<float> mask)
    {
        if (pattern is SparsityPattern.Groups groups)
        {
            backend.KeepLargestPerGroup(scores, groups.Keep, groups.Size, mask);
        }
        else
        {
            backend.KeepLargest(scores, scores.Length - pattern.Zeros(scores.Rows, scores.Columns), mask);
        }
    }

    /// <summary>Keeps the largest |score| of each row, or in each group for N:M.</summary>
    public static void KeepPerRow(IBackend backend, Matrix<float> scores, SparsityPattern pattern, Matrix<float> mask)
    {
        if (pattern is SparsityPattern.Groups)
        {
            Keep(backend, scores, pattern, mask);
        }
        else
        {
            backend.KeepLargestPerRow(scores, scores.Length - pattern.Zeros(scores.Rows, scores.Columns), mask);
        }
    }
}
