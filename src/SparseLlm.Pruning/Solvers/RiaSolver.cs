using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Solvers;

/// <summary>
/// Relative importance and activations: prunes the smallest (|w_ij| / Σ_j |w_ij| + |w_ij| / Σ_i |w_ij|) ‖x_j‖^½ of the
/// matrix (Zhang et al. 2024, eq. 4).
/// </summary>
internal sealed class RiaSolver(IBackend backend) : ISolver
{
    /// <inheritdoc/>
    public bool NeedsInputs => true;

    /// <inheritdoc/>
    public void Solve(InputGram? gram, Matrix<float> weights, SparsityPattern pattern, Matrix<float> mask)
    {
        ArgumentNullException.ThrowIfNull(gram);
        using Matrix<float> scores = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        backend.RelativeImportance(weights, [.. gram.Diagonal.Select(square => Math.Pow(square, 0.25))], scores);
        Selection.Keep(backend, scores, pattern, mask);
        backend.Hadamard(weights, mask, weights);
    }
}
