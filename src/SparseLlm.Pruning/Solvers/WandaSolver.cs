using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Solvers;

/// <summary>
/// Prunes the smallest |w_ij| ‖x_j‖ (Sun et al. 2023, eq. 1). Published is a competition within each output row, which
/// makes all rows equally sparse; over the whole matrix much more is left at high sparsity.
/// </summary>
internal sealed class WandaSolver(IBackend backend, ComparisonGroup comparison) : ISolver
{
    /// <inheritdoc/>
    public bool NeedsInputs => true;

    /// <inheritdoc/>
    public void Solve(InputGram? gram, Matrix<float> weights, SparsityPattern pattern, Matrix<float> mask)
    {
        ArgumentNullException.ThrowIfNull(gram);
        using Matrix<float> scores = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        backend.Copy(weights, scores);
        backend.ScaleColumns(scores, [.. gram.Diagonal.Select(value => (float)Math.Sqrt(value))]);
        if (comparison == ComparisonGroup.Row)
        {
            Selection.KeepPerRow(backend, scores, pattern, mask);
        }
        else
        {
            Selection.Keep(backend, scores, pattern, mask);
        }

        backend.Hadamard(weights, mask, weights);
    }
}
