using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Solvers;

/// <summary>
/// Prunes one matrix: finds sparse weights close to given ones, in the norm of their inputs,
/// min tr (W - Ŵ) H (W - Ŵ)' subject to the pattern. Fitting other targets than the weights' own outputs is the same
/// problem around another W (see <see cref="Fitting.LinearFit"/>).
/// </summary>
public interface ISolver
{
    /// <summary>Whether the solver looks at the inputs; if not, it can do without calibration data.</summary>
    bool NeedsInputs { get; }

    /// <summary>Solves one matrix.</summary>
    /// <param name="gram">The inputs' Gram matrix and what is derived from it, shared by all matrices with these
    /// inputs; null only where the solver does not need inputs.</param>
    /// <param name="weights">[outputs x inputs]: W on entry, Ŵ on return; pruned weights are exactly zero.</param>
    /// <param name="pattern">How many weights are pruned, and where they may be.</param>
    /// <param name="mask">[outputs x inputs]: receives 1 where a weight is kept, 0 where it is pruned.</param>
    void Solve(InputGram? gram, Matrix<float> weights, SparsityPattern pattern, Matrix<float> mask);
}
