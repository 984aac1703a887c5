using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Solvers;

/// <summary>
/// Minimises tr (W - Ŵ) H (W - Ŵ)' over the weights that a mask keeps, by conjugate gradients on all rows at once.
/// Inputs are scaled to unit norm, which leaves no preconditioner to apply.
/// </summary>
internal sealed class MaskedRefit(IBackend backend, int maximumSteps)
{
    private const double Tolerance = 1e-10;

    /// <summary>Refits the kept weights.</summary>
    /// <param name="gram">The inputs' Gram matrix.</param>
    /// <param name="target">W, [outputs x inputs].</param>
    /// <param name="mask">1 where a weight is kept, 0 where it is pruned.</param>
    /// <param name="weights">The start, zero where pruned; receives Ŵ.</param>
    public void Refit(InputGram gram, Matrix<float> target, Matrix<float> mask, Matrix<float> weights)
    {
        if (maximumSteps == 0)
        {
            return;
        }

        (int rows, int columns) = (weights.Rows, weights.Columns);
        float[] scales = gram.Scales;
        backend.ScaleColumns(weights, scales);
        using Matrix<float> residual = backend.AllocateUninitialized<float>(rows, columns);
        using Matrix<float> product = backend.AllocateUninitialized<float>(rows, columns);
        using Matrix<float> direction = backend.AllocateUninitialized<float>(rows, columns);

        // R = ((W - X) H) on the support
        backend.Copy(target, direction);
        backend.ScaleColumns(direction, scales);
        backend.Combine(1, direction, -1, weights, direction);
        backend.Multiply(direction, false, gram.Normalized, false, residual);
        backend.Hadamard(residual, mask, residual);
        backend.Copy(residual, direction);

        var squares = new double[rows];
        var curvatures = new double[rows];
        var steps = new float[rows];
        backend.RowDots(residual, residual, squares);
        double initial = squares.Sum();
        for (int step = 0; step < maximumSteps && squares.Sum() > Tolerance * initial; step++)
        {
            backend.Multiply(direction, false, gram.Normalized, false, product);
            backend.Hadamard(product, mask, product);
            backend.RowDots(direction, product, curvatures);
            for (int row = 0; row < rows; row++)
            {
                steps[row] = curvatures[row] > 0 ? (float)(squares[row] / curvatures[row]) : 0;
            }

            backend.AddScaledRows(weights, steps, direction);
            Negate(steps);
            backend.AddScaledRows(residual, steps, product);

            double[] previous = [.. squares];
            backend.RowDots(residual, residual, squares);
            for (int row = 0; row < rows; row++)
            {
                steps[row] = previous[row] > 0 ? (float)(squares[row] / previous[row]) : 0;
            }

            backend.ScaleRows(direction, steps);
            backend.Combine(1, direction, 1, residual, direction);
        }

        backend.ScaleColumns(weights, [.. scales.Select(scale => 1 / scale)]);
    }

    private static void Negate(float[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = -values[i];
        }
    }
}
