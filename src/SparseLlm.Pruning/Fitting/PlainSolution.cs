using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Fitting;

/// <summary>What a solver alone makes of a linear layer. Owns its matrices.</summary>
/// <param name="Backend">Where they are.</param>
/// <param name="Weight">Sparse weights, [outputs x inputs].</param>
/// <param name="Bias">[1 x outputs]; null where it stays as it is.</param>
/// <param name="RelativeError">‖T - Y‖ / ‖T‖ for its output Y and the target T on the calibration tokens.</param>
internal sealed record PlainSolution(
    IBackend Backend,
    Matrix<float> Weight,
    Matrix<float>? Bias,
    double RelativeError) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }
}
