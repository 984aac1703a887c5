using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Solvers;

/// <summary>
/// ADMM whose penalty grows until the support settles (Meng et al. 2024, algorithm 1), on inputs scaled to unit norm.
/// Splits the problem into a ridge regression B and a projection D onto the pattern, held together by the dual V.
/// </summary>
internal sealed class AlpsSolver(IBackend backend) : ISolver
{
    private const int MaximumIterations = 300;
    private const int MinimumIterations = 30;
    private const int CheckEvery = 3;
    private const double InitialPenalty = 0.1;
    private const double SettledShare = 0.0003;

    /// <inheritdoc/>
    public bool NeedsInputs => true;

    /// <inheritdoc/>
    public void Solve(InputGram? gram, Matrix<float> weights, SparsityPattern pattern, Matrix<float> mask)
    {
        ArgumentNullException.ThrowIfNull(gram);
        gram.ZeroDeadInputs(weights);
        float[] scales = gram.Scales;
        backend.ScaleColumns(weights, scales);
        Iterate(gram, weights, pattern, mask);
        backend.ScaleColumns(weights, [.. scales.Select(scale => 1 / scale)]);
    }

    private void Iterate(InputGram gram, Matrix<float> weights, SparsityPattern pattern, Matrix<float> mask)
    {
        (int rows, int columns) = (weights.Rows, weights.Columns);
        using Matrix<float> gradient = backend.AllocateUninitialized<float>(rows, columns);
        backend.Multiply(weights, false, gram.Normalized, false, gradient);
        using Matrix<float> ridge = backend.AllocateUninitialized<float>(rows, columns);
        using Matrix<float> dual = backend.Allocate<float>(rows, columns);
        using Matrix<float> work = backend.AllocateUninitialized<float>(rows, columns);
        using Matrix<float> projected = backend.AllocateUninitialized<float>(rows, columns);
        using Matrix<float> lastMask = backend.AllocateUninitialized<float>(rows, columns);

        void Restart()
        {
            Selection.Keep(backend, weights, pattern, mask);
            backend.Hadamard(weights, mask, projected);
            backend.Combine(0, dual, 0, dual, dual);
        }

        Restart();
        backend.Copy(mask, lastMask);
        double kept = weights.Length - pattern.Zeros(rows, columns);
        double penalty = InitialPenalty;
        bool grown = false;
        for (int iteration = 1; iteration <= MaximumIterations; iteration++)
        {
            // B = (G - V + ρ D) (H + ρ)^-1
            backend.Combine(1, gradient, -1, dual, work);
            backend.Combine(1, work, (float)penalty, projected, work);
            backend.Multiply(work, false, gram.NormalizedInverse(penalty), false, ridge);

            // D = P(B + V / ρ);  V += ρ (B - D)
            backend.Combine(1, ridge, (float)(1 / penalty), dual, work);
            Selection.Keep(backend, work, pattern, mask);
            backend.Hadamard(work, mask, projected);
            backend.Combine((float)penalty, work, -(float)penalty, projected, dual);

            if (iteration % CheckEvery != 0)
            {
                continue;
            }

            double changed = backend.CountDifferent(mask, lastMask) / kept;
            backend.Copy(mask, lastMask);
            if ((changed == 0 && grown) || (iteration > MinimumIterations && changed < SettledShare))
            {
                break;
            }

            if (changed > 0.1)
            {
                (penalty, grown) = (penalty * 1.3, true);
            }
            else if (changed > 0.005)
            {
                (penalty, grown) = (penalty * 1.2, true);
            }
            else if (grown)
            {
                penalty *= 1.1;
            }
            else
            {
                // The penalty is so large that nothing moves: start again with a smaller one.
                penalty /= 5;
                if (changed > 0)
                {
                    Restart();
                }
            }
        }

        Selection.Keep(backend, ridge, pattern, mask);
        backend.Hadamard(ridge, mask, weights);
    }
}
