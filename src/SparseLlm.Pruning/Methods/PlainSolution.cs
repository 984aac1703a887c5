using SparseLlm.Models.Layers;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Methods;

/// <summary>What a solver alone makes of a linear layer. Owns its matrices.</summary>
/// <param name="Linear">The layer.</param>
/// <param name="Weight">Sparse weights, [outputs x inputs].</param>
/// <param name="Bias">[1 x outputs]; null where it stays as it is.</param>
/// <param name="RelativeError">‖T - Y‖ / ‖T‖ for its output Y and the target T on the calibration tokens.</param>
internal sealed record PlainSolution(Linear Linear, StoredMatrix Weight, StoredMatrix? Bias, double RelativeError) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }
}
