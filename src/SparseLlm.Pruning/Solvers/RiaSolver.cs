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
        var scores = new float[weights.Length];
        backend.Download<float>(weights, scores);
        Score(scores, weights.Columns, gram.Diagonal);
        using Matrix<float> uploaded = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        backend.Upload<float>(scores, uploaded);
        Selection.Keep(backend, uploaded, pattern, mask);
        backend.Hadamard(weights, mask, weights);
    }

    private static void Score(float[] weights, int columns, double[] squaredNorms)
    {
        var rowSums = new double[weights.Length / columns];
        var columnSums = new double[columns];
        for (int i = 0; i < weights.Length; i++)
        {
            double magnitude = Math.Abs(weights[i]);
            rowSums[i / columns] += magnitude;
            columnSums[i % columns] += magnitude;
        }

        for (int i = 0; i < weights.Length; i++)
        {
            double magnitude = Math.Abs(weights[i]);
            double relative = magnitude == 0
                ? 0
                : magnitude / rowSums[i / columns] + magnitude / columnSums[i % columns];
            weights[i] = (float)(relative * Math.Pow(squaredNorms[i % columns], 0.25));
        }
    }
}
