using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Solvers;

/// <summary>
/// ADMM with a fixed penalty and a gradually growing mask (Boza 2024, algorithms 1 and 2), on inputs scaled to unit
/// norm.
/// </summary>
internal sealed class AdmmSolver(IBackend backend) : ISolver
{
    private const double Penalty = 1;
    private const int Iterations = 20;
    private const int MaskIterations = 15;

    /// <inheritdoc/>
    public bool NeedsInputs => true;

    /// <inheritdoc/>
    public void Solve(InputGram? gram, Matrix<float> weights, SparsityPattern pattern, Matrix<float> mask)
    {
        ArgumentNullException.ThrowIfNull(gram);
        gram.ZeroDeadInputs(weights);
        float[] scales = gram.Scales;
        backend.ScaleColumns(weights, scales);

        (int rows, int columns) = (weights.Rows, weights.Columns);
        using Matrix<float> gradient = backend.AllocateUninitialized<float>(rows, columns);
        backend.Multiply(weights, false, gram.Normalized, false, gradient);
        using Matrix<float> dual = backend.Allocate<float>(rows, columns);
        using Matrix<float> sum = backend.AllocateUninitialized<float>(rows, columns);
        using Matrix<float> sparse = backend.AllocateUninitialized<float>(rows, columns);
        Matrix<float> inverse = gram.NormalizedInverse(Penalty);
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            backend.Combine(1, weights, 1, dual, sum);
            if (iteration < MaskIterations)
            {
                Selection.Keep(backend, sum, AtStep(pattern, iteration), mask);
            }

            backend.Hadamard(sum, mask, sparse);
            backend.Combine(1, sum, -1, sparse, dual);
            backend.Combine(1, sparse, -1, dual, sum);
            backend.Combine(1, gradient, (float)Penalty, sum, sum);
            backend.Multiply(sum, false, inverse, false, weights);
        }

        backend.Combine(1, weights, 1, dual, sum);
        backend.Hadamard(sum, mask, weights);
        backend.ScaleColumns(weights, [.. scales.Select(scale => 1 / scale)]);
    }

    /// <summary>Sparsity grows by a cubic law (Zhu and Gupta 2017); N:M groups have no steps between.</summary>
    private static SparsityPattern AtStep(SparsityPattern pattern, int iteration)
    {
        double left = Math.Pow(1 - (iteration + 1.0) / MaskIterations, 3);
        return pattern is SparsityPattern.Unstructured { Fraction: var fraction } && left > 0
            ? new SparsityPattern.Unstructured(fraction * (1 - left))
            : pattern;
    }
}
