using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Solvers;

/// <summary>Prunes the smallest |w_ij| ‖x_j‖ of each row (Sun et al. 2023, eq. 1).</summary>
internal sealed class WandaSolver(IBackend backend) : ISolver
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
        Selection.KeepPerRow(backend, scores, pattern, mask);
        backend.Hadamard(weights, mask, weights);
    }
}
