using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Solvers;

/// <summary>The OBS sweep of SparseGPT over columns of the matrix (Frantar and Alistarh 2023, algorithm 1).</summary>
internal sealed class SparseGptSolver(IBackend backend, int blockSize) : ISolver
{
    /// <inheritdoc/>
    public bool NeedsInputs => true;

    /// <inheritdoc/>
    public void Solve(InputGram? gram, Matrix<float> weights, SparsityPattern pattern, Matrix<float> mask)
    {
        ArgumentNullException.ThrowIfNull(gram);
        gram.ZeroDeadInputs(weights);
        if (pattern is SparsityPattern.Groups groups)
        {
            backend.ObsSweepGroups(
                weights,
                gram.InverseFactor,
                groups.Size - groups.Keep,
                groups.Size,
                blockSize,
                mask);
        }
        else
        {
            backend.ObsSweep(
                weights,
                gram.InverseFactor,
                pattern.Zeros(weights.Rows, weights.Columns),
                blockSize,
                mask);
        }
    }
}
