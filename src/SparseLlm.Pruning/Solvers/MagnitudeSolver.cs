using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Solvers;

/// <summary>Prunes the smallest |w| of the matrix.</summary>
internal sealed class MagnitudeSolver(IBackend backend) : ISolver
{
    /// <inheritdoc/>
    public bool NeedsInputs => false;

    /// <inheritdoc/>
    public void Solve(InputGram? gram, Matrix<float> weights, SparsityPattern pattern, Matrix<float> mask)
    {
        Selection.Keep(backend, weights, pattern, mask);
        backend.Hadamard(weights, mask, weights);
    }
}
